/**
 * Who sees whom, as a ring: a pure function of the room, drawn alike on the node and in the browser. A force layout moves its nodes for seconds, costs a
 * phone long tasks with sixty devices, and a room in which everybody sees everybody becomes a ring in it anyway; devices that see each other stand together.
 */
import type { DeviceGlance, RoomGlance } from '../../protocols/room-glance.ts'
import { formatBytes, formatCount } from '../formats.ts'
import { type Html, html } from '../html.ts'
import type { RoomContext } from './room-context.ts'

interface Frame {
  width: number
  height: number
  /** Of the ring: there is room for names beside it. */
  radius: { x: number; y: number }
}

/** A few are drawn large, so that their names can be read on a phone. */
const FEW: Frame = { width: 460, height: 230, radius: { x: 110, y: 85 } }
/** Two are a line. */
const TWO: Frame = { width: 460, height: 70, radius: { x: 110, y: 0 } }
/** Of more, the speeds beside the lines would lie on each other; each device lists them. */
const MOST_LABELLED = 3
const MANY: Frame = { width: 640, height: 480, radius: { x: 230, y: 205 } }
const MOST_FEW = 16
const MAX_NAME_CHARACTERS = { few: 15, many: 11 }
/** Slower than a bad Wi-Fi; faster than a good one. */
const SLOW = { roundTripMs: 80, bytesPerSecond: 500e3 }
const FAST = { roundTripMs: 8, bytesPerSecond: 8e6 }

interface Link {
  a: number
  b: number
  roundTripMs: number | undefined
  bytesPerSecond: number | undefined
}

export function renderMap(glance: RoomGlance, { language, words }: RoomContext): Html {
  const devices = ringOf(glance.devices)
  const links = linksBetween(devices)
  if (devices.length < 2 || links.length === 0) return html``
  const many = devices.length > MOST_FEW
  const frame = many ? MANY : devices.length === 2 ? TWO : FEW
  const places = devices.map((_, at) => placeOf(at, devices.length, frame))
  const speedOf = ({ roundTripMs, bytesPerSecond }: Link): string =>
    [
      roundTripMs !== undefined && words.map.roundTrip(formatCount(roundTripMs, language)),
      bytesPerSecond !== undefined && words.figures.rate(formatBytes(bytesPerSecond, language))
    ]
      .filter((part) => part !== false)
      .join(', ')
  const titleOf = (link: Link): string =>
    words.map.link(devices[link.a]?.name ?? '', devices[link.b]?.name ?? '', speedOf(link))
  return html`<section class="card" aria-labelledby="map-title">
<h2 id="map-title">${words.map.title}</h2>
<p class="explain">${words.map.explain}</p>
<svg class="map" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${words.map.summary(devices.length, links.length)}">
${
  many
    ? PACES.map((pace) => {
        const d = links.filter((link) => paceOf(link) === pace).map((link) => lineOf(link, places, frame))
        return d.length > 0 && html`<path class="link ${pace}" d="${d.join('')}"/>`
      })
    : links.map(
        (link) =>
          html`<path class="link ${paceOf(link)}" d="${lineOf(link, places, frame)}"><title>${titleOf(link)}</title></path>`
      )
}
${
  devices.length <= MOST_LABELLED &&
  links.map((link) => {
    const middle = middleOf(link, places, frame)
    if (!middle) return undefined
    // Beside the line, away from the others.
    const side = Math.sign(Math.round((middle.x - frame.width / 2) / 10))
    return html`<text class="small" x="${middle.x + side * 10}" y="${side === 0 && devices.length > 2 ? middle.y + 14 : middle.y - 6}" text-anchor="${side < 0 ? 'end' : side > 0 ? 'start' : 'middle'}">${speedOf(link)}</text>`
  })
}
${devices.map((device, at) => {
  const place = places[at]
  return place && renderDevice(device, place, many)
})}
</svg>
</section>`
}

function renderDevice(device: DeviceGlance, { x, y, angle }: Place, many: boolean): Html {
  const name = shortened(device.name, many ? MAX_NAME_CHARACTERS.many : MAX_NAME_CHARACTERS.few)
  const right = Math.cos(angle) >= 0
  const state = device.warnings.length > 0 ? 'bad' : device.connected ? 'good' : 'away'
  const size = many ? 5 : 7
  const offset = { x: Math.round(Math.cos(angle) * (size + 6)), y: Math.round(Math.sin(angle) * (size + 8)) }
  return html`<g class="spot ${state}${device.self && ' self'}"><circle cx="${x}" cy="${y}" r="${size}"/><text x="${x + offset.x}" y="${y + offset.y}" text-anchor="${right ? 'start' : 'end'}" dominant-baseline="middle"${many && html` class="small"`}>${name}</text></g>`
}

const PACES = ['unknown', 'fair', 'fast', 'slow'] as const

/** Bent towards the middle, so that those between neighbours do not lie on the ring. */
function lineOf({ a, b }: Link, places: readonly Place[], { width, height }: Frame): string {
  const [from, to] = [places[a], places[b]]
  return from && to ? `M${from.x} ${from.y}Q${width / 2} ${height / 2} ${to.x} ${to.y}` : ''
}

/** On the line as `lineOf` bends it. */
function middleOf(
  { a, b }: Link,
  places: readonly Place[],
  { width, height }: Frame
): { x: number; y: number } | undefined {
  const [from, to] = [places[a], places[b]]
  return from && to && { x: (from.x + to.x + width) / 4, y: (from.y + to.y + height) / 4 }
}

function paceOf({ roundTripMs, bytesPerSecond }: Link): (typeof PACES)[number] {
  if (roundTripMs === undefined && bytesPerSecond === undefined) return 'unknown'
  if ((roundTripMs ?? 0) > SLOW.roundTripMs || (bytesPerSecond ?? Number.MAX_VALUE) < SLOW.bytesPerSecond) return 'slow'
  if ((roundTripMs ?? 0) <= FAST.roundTripMs && (bytesPerSecond ?? 0) >= FAST.bytesPerSecond) return 'fast'
  return 'fair'
}

interface Place {
  x: number
  y: number
  angle: number
}

/** Two stand side by side, more begin at the top. */
function placeOf(at: number, count: number, { width, height, radius }: Frame): Place {
  const angle = (2 * Math.PI * at) / count - (count === 2 ? Math.PI : Math.PI / 2)
  return {
    x: Math.round(width / 2 + radius.x * Math.cos(angle)),
    y: Math.round(height / 2 + radius.y * Math.sin(angle)),
    angle
  }
}

/** Next to each device the one that sees it of those that are left: parts of the room that do not see each other become arcs. */
function ringOf(devices: readonly DeviceGlance[]): DeviceGlance[] {
  const sight = new Map(devices.map((device) => [device.id, new Set(device.sees.map(({ id }) => id))]))
  const left = [...devices]
  const ring: DeviceGlance[] = []
  for (let next = left.shift(); next; ) {
    ring.push(next)
    const { id } = next
    const found = left.findIndex((one) => sight.get(id)?.has(one.id) || sight.get(one.id)?.has(id))
    next = left.splice(Math.max(0, found), 1)[0]
  }
  return ring
}

/** Both ends measure; the slower measurement is what somebody in between would feel. What only one end tells counts too. */
export function linksBetween(devices: readonly DeviceGlance[]): Link[] {
  const numbers = new Map(devices.map(({ id }, at) => [id, at]))
  const links = new Map<string, Link>()
  for (const [from, device] of devices.entries()) {
    for (const { id, roundTripMs, bytesPerSecond } of device.sees) {
      const to = numbers.get(id)
      if (to === undefined || to === from) continue
      const [a, b] = from < to ? [from, to] : [to, from]
      const known = links.get(`${a} ${b}`)
      links.set(`${a} ${b}`, {
        ...{ a, b },
        roundTripMs: more(known?.roundTripMs, roundTripMs, Math.max),
        bytesPerSecond: more(known?.bytesPerSecond, bytesPerSecond, Math.min)
      })
    }
  }
  return [...links.values()]
}

function more(
  a: number | undefined,
  b: number | undefined,
  choose: (a: number, b: number) => number
): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : choose(a, b)
}

/** In the middle: devices of one room begin alike and end in a number. */
function shortened(name: string, most: number): string {
  if (name.length <= most) return name
  const end = Math.ceil((most - 1) / 2) + 1
  return `${name.slice(0, most - 1 - end)}…${name.slice(-end)}`
}
