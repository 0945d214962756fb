/** What a push asks for: the commands before its pack. Source: gitprotocol-pack(5), "Reference Update Request". */
import { JoineryError } from '../../protocols/errors.ts'
import type { RefChange } from '../../protocols/git.ts'
import { NO_OBJECT } from '../../protocols/git-names.ts'
import { MAX_COMMAND_BYTES, MAX_COMMANDS } from './limits.ts'
import { readPkt } from './pkt-line.ts'

export interface PushRequest {
  changes: readonly RefChange[]
  capabilities: ReadonlySet<string>
  /** All that was read so far: the commands, and perhaps the beginning of the pack. */
  head: Buffer
}

const COMMAND = /^([0-9a-f]{40}) ([0-9a-f]{40}) (.+)$/s

/**
 * Reads the commands off the beginning of a push; names of refs are not judged here.
 *
 * @returns undefined for the empty probe that git sends before a long push (a flush alone)
 * @throws JoineryError `PUSH_MALFORMED`, `TOO_LARGE`
 */
export async function readPushRequest(body: AsyncIterator<Uint8Array>): Promise<PushRequest | undefined> {
  let head: Buffer = Buffer.alloc(0)
  let at = 0
  const changes: RefChange[] = []
  const capabilities = new Set<string>()
  const refs = new Set<string>()
  for (;;) {
    const read = readPkt(head, at)
    if (!read) {
      if (head.length > MAX_COMMAND_BYTES) throw new JoineryError('TOO_LARGE', 'the commands of a push are too long')
      const more = await body.next()
      if (more.done) throw new JoineryError('PUSH_MALFORMED', 'a push that ends before its commands do')
      head = Buffer.concat([head, more.value])
      continue
    }
    at = read.next
    if (read.pkt.kind === 'flush') break
    if (read.pkt.kind !== 'line') throw new JoineryError('PUSH_MALFORMED', 'a push with an unknown part')
    const [command = '', told] = read.pkt.bytes.toString('utf8').replace(/\n$/, '').split('\0', 2)
    if (command.startsWith('shallow ')) continue
    for (const one of changes.length === 0 ? (told ?? '').split(' ') : []) capabilities.add(one)
    const change = parseCommand(command)
    if (refs.has(change.ref)) throw new JoineryError('PUSH_MALFORMED', 'a push that changes one branch twice')
    refs.add(change.ref)
    if (changes.push(change) > MAX_COMMANDS)
      throw new JoineryError('TOO_LARGE', `a push of more than ${MAX_COMMANDS} branches and tags at once`)
  }
  return changes.length === 0 ? undefined : { changes, capabilities, head }
}

function parseCommand(command: string): RefChange {
  const [, before, after, ref] = COMMAND.exec(command) ?? []
  if (before === undefined || after === undefined || ref === undefined)
    throw new JoineryError('PUSH_MALFORMED', 'not a command of a push')
  return { ref, old: before === NO_OBJECT ? undefined : before, new: after === NO_OBJECT ? undefined : after }
}
