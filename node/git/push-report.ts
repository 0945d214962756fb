/** What a client is told about its push: git's own report read, and reports of ours. Source: gitprotocol-pack(5), "Report Status". */
import type { RefChange } from '../../protocols/git.ts'
import { FLUSH, pktLine, readPkt, sideBand } from './pkt-line.ts'
import type { PushRequest } from './push-request.ts'

function hasSideBand({ capabilities }: PushRequest): boolean {
  return capabilities.has('side-band-64k')
}

function hasReport({ capabilities }: PushRequest): boolean {
  return capabilities.has('report-status') || capabilities.has('report-status-v2')
}

/** A refusal that git shows behind the branch: `! [remote rejected] main -> main (reason)`. */
export function refusal(push: PushRequest, reasonOf: (change: RefChange) => string): Buffer {
  if (!hasReport(push)) return FLUSH
  const report = Buffer.concat([
    pktLine('unpack ok\n'),
    ...push.changes.map((change) => pktLine(`ng ${change.ref} ${oneLine(reasonOf(change))}\n`)),
    FLUSH
  ])
  return hasSideBand(push) ? Buffer.concat([sideBand(1, report), FLUSH]) : report
}

/** Lines that git shows as `remote: …`; nothing for a client that cannot show them. */
export function messages(push: PushRequest, lines: readonly string[]): Buffer {
  if (lines.length === 0 || !hasSideBand(push)) return Buffer.alloc(0)
  return sideBand(2, Buffer.from(lines.map((line) => `${oneLine(line)}\n`).join('')))
}

/**
 * The refs that receive-pack says it has changed.
 *
 * @returns undefined when the report does not tell: the refs themselves have to be looked at
 */
export function acceptedRefs(push: PushRequest, answer: Buffer): ReadonlySet<string> | undefined {
  if (!hasReport(push)) return undefined
  const report = hasSideBand(push) ? dataBand(answer) : answer
  const accepted = new Set<string>()
  let unpacked = false
  for (let at = 0; ; ) {
    const read = readPkt(report, at)
    if (!read) return undefined
    if (read.pkt.kind === 'flush') return unpacked ? accepted : new Set()
    if (read.pkt.kind !== 'line') return undefined
    const line = read.pkt.bytes.toString('utf8').replace(/\n$/, '')
    if (line === 'unpack ok') unpacked = true
    else if (line.startsWith('ok ')) accepted.add(line.slice(3))
    at = read.next
  }
}

function dataBand(answer: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const read = readPkt(answer, at)
    if (read?.pkt.kind !== 'line') return Buffer.concat(parts)
    if (read.pkt.bytes[0] === 1) parts.push(read.pkt.bytes.subarray(1))
    at = read.next
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 400)
}
