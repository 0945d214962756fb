/**
 * What a git client is told before it asks for something: branches and tags in the words of upload-pack and receive-pack, without a process.
 * Sources: gitprotocol-pack(5) "Reference Discovery", gitprotocol-v2(5) "ls-refs".
 */
import { NO_OBJECT } from '../../protocols/git-names.ts'
import { MAX_LIST_REQUEST_BYTES } from './limits.ts'
import { FLUSH, pktLine, readPkt } from './pkt-line.ts'
import type { KnownRefs } from './refs-memory.ts'

const HEADS = 'refs/heads/'

/** What a receive-pack that was asked once says that it can do. */
export function capabilitiesOf(advertisement: Buffer): string | undefined {
  const read = readPkt(advertisement, 0)
  if (read?.pkt.kind !== 'line') return undefined
  return read.pkt.bytes.toString('utf8').replace(/\n$/, '').split('\0')[1]
}

export function receiveAdvertisement(refs: KnownRefs, capabilities: string): Buffer {
  const lines = sorted(refs).map(([ref, { object }]) => `${object} ${ref}`)
  if (lines.length === 0) lines.push(`${NO_OBJECT} capabilities^{}`)
  return Buffer.concat([
    ...lines.map((line, at) => pktLine(at === 0 ? `${line}\0${capabilities}\n` : `${line}\n`)),
    FLUSH
  ])
}

export interface ListRequest {
  peel: boolean
  symrefs: boolean
  unborn: boolean
  prefixes: string[]
}

/**
 * @returns undefined for everything that is not a whole list request in the words that we know: git answers it then
 * @throws JoineryError `PUSH_MALFORMED` for what is no pkt-line
 */
export function readListRequest(body: Buffer): ListRequest | undefined {
  if (body.length > MAX_LIST_REQUEST_BYTES) return undefined
  const request: ListRequest = { peel: false, symrefs: false, unborn: false, prefixes: [] }
  let part = 'command'
  for (let at = 0; ; ) {
    const read = readPkt(body, at)
    if (!read || read.pkt.kind === 'end') return undefined
    at = read.next
    if (read.pkt.kind === 'flush') return part !== 'command' && at === body.length ? request : undefined
    if (read.pkt.kind === 'delimiter') {
      if (part !== 'capabilities') return undefined
      part = 'arguments'
      continue
    }
    if (read.pkt.kind !== 'line') return undefined
    const line = read.pkt.bytes.toString('utf8').replace(/\n$/, '')
    if (part === 'command') {
      if (line !== 'command=ls-refs') return undefined
      part = 'capabilities'
    } else if (part === 'capabilities') {
      if (line !== 'object-format=sha1' && !line.startsWith('agent=')) return undefined
    } else if (line.startsWith('ref-prefix ')) request.prefixes.push(line.slice('ref-prefix '.length))
    else if (line === 'peel' || line === 'symrefs' || line === 'unborn') request[line] = true
    else return undefined
  }
}

export function listAnswer(refs: KnownRefs, { peel, symrefs, unborn, prefixes }: ListRequest): Buffer {
  const asked = (ref: string): boolean => prefixes.length === 0 || prefixes.some((prefix) => ref.startsWith(prefix))
  const lines: string[] = []
  const head = headOf(refs)
  const target = symrefs ? ` symref-target:${head}` : ''
  const object = refs.get(head)?.object
  if (asked('HEAD') && (object !== undefined || (symrefs && unborn))) lines.push(`${object ?? 'unborn'} HEAD${target}`)
  for (const [ref, known] of sorted(refs))
    if (asked(ref)) lines.push(`${known.object} ${ref}${peel && known.peeled ? ` peeled:${known.peeled}` : ''}`)
  return Buffer.concat([...lines.map((line) => pktLine(`${line}\n`)), FLUSH])
}

/** `main`; in a repository without one, what the pages show first: a clone of it is not empty then. */
function headOf(refs: KnownRefs): string {
  const main = `${HEADS}main`
  if (refs.has(main)) return main
  return sorted(refs).find(([ref]) => ref.startsWith(HEADS))?.[0] ?? main
}

/** As git does: by their bytes. */
function sorted(refs: KnownRefs): [string, { object: string; peeled?: string }][] {
  return [...refs].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}
