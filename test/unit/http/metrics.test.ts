import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { renderMetrics } from '../../../node/http/metrics.ts'
import { sampleRoom } from '../../browser/sample-room.ts'
import { reportOf } from '../live/live-kit.ts'

const node = sampleRoom.devices[1]?.id ?? ''
const figures = {
  overview: sampleRoom,
  uptimeMs: 90_500,
  openConnections: 12,
  refusedConnections: 3,
  requests: 4_000,
  eventStreams: 5,
  signals: { green: 7, red: 2, hands: 1 },
  report: reportOf({
    links: [{ node, roundTripMs: 12 }],
    warnings: ['UNDER_VOLTAGE']
  })
}

/** The text format of Prometheus: `# HELP`, `# TYPE`, then samples of that family and of no other. */
function parse(text: string): Map<string, { type: string; samples: Map<string, number> }> {
  const families = new Map<string, { type: string; samples: Map<string, number> }>()
  let current = ''
  for (const line of text.trimEnd().split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'HELP') {
      expect(families.has(name), `${name} comes twice`).toBe(false)
      current = name
    } else if (kind === 'TYPE') families.set(name, { type: rest, samples: new Map() })
    else {
      const [, family = '', labels = '', value = ''] =
        /^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)$/.exec(line) ?? []
      expect(family, line).toBe(current)
      families.get(family)?.samples.set(labels, Number(value))
    }
  }
  return families
}

test('figures come in the format of Prometheus, each family once', () => {
  const families = parse(renderMetrics(figures))
  expect(families.get('joinery_uptime_seconds')).toEqual({ type: 'gauge', samples: new Map([['', 90.5]]) })
  expect(families.get('joinery_http_requests_total')?.type).toBe('counter')
  expect(families.get('joinery_stickies')?.samples.get('{colour="red"}')).toBe(2)
  expect(families.get('joinery_link_round_trip_seconds')?.samples.get(`{node="${node}",device="pi-window"}`)).toBe(
    0.012
  )
  expect(families.get('joinery_warning')?.samples.get('{code="UNDER_VOLTAGE"}')).toBe(1)
})

test('the name of a device cannot break a line', () => {
  const devices = sampleRoom.devices.map((device, at) => (at === 1 ? { ...device, name: 'a"b\\c\nd' } : device))
  const families = parse(renderMetrics({ ...figures, overview: { ...sampleRoom, devices } }))
  expect([...(families.get('joinery_link_round_trip_seconds')?.samples.keys() ?? [])]).toEqual([
    `{node="${node}",device="a\\"b\\\\c\\nd"}`
  ])
})

test('devices of one name are told apart', () => {
  const devices = sampleRoom.devices.map((device) => ({ ...device, name: 'pi' }))
  const links = devices.filter(({ self }) => !self).map(({ id }) => ({ node: id, roundTripMs: 12 }))
  expect(links.length).toBeGreaterThan(1)
  const text = renderMetrics({ ...figures, overview: { ...sampleRoom, devices }, report: reportOf({ links }) })
  expect(parse(text).get('joinery_link_round_trip_seconds')?.samples.size).toBe(links.length)
})

test('each figure of the ready dashboard is one that devices tell', async () => {
  const text = await readFile(new URL('../../../docs/grafana-dashboard.json', import.meta.url), 'utf8')
  const dashboard = JSON.parse(text) as { panels: { title: string; targets?: { expr: string }[] }[] }
  const known = new Set(parse(renderMetrics(figures)).keys())
  const asked = dashboard.panels.flatMap(({ targets = [] }) =>
    targets.flatMap(({ expr }) => expr.match(/joinery_[a-z_]+/g) ?? [])
  )
  expect(asked.length).toBeGreaterThan(10)
  for (const name of asked) expect(known, name).toContain(name)
})
