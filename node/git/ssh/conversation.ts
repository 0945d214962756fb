/**
 * What git says over SSH, in terms of the requests that it makes over HTTP: the same service answers both, so tunnels, homes and limits hold here too.
 * Sources: gitprotocol-pack(5), gitprotocol-v2(5): each request of version 2 stands for itself, and a push is commands, a pack and a report.
 */
import { JoineryError } from '../../../protocols/errors.ts'
import type { GitRequest, GitService, RepositoryId } from '../../../protocols/git.ts'
import { NO_OBJECT } from '../../../protocols/git-names.ts'
import type { PersonId } from '../../../protocols/people.ts'
import { FLUSH, pktLine, readPkt } from '../pkt-line.ts'
import { PktSections } from './pkt-sections.ts'

export interface SshChannel {
  /** What the client sends; ends with its end. */
  read(): AsyncIterable<Uint8Array>
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>
}

export interface Conversation {
  service: GitService
  repository: RepositoryId
  person: PersonId
  channel: SshChannel
  signal: AbortSignal
}

/** `git push`. */
export async function receive(conversation: Conversation): Promise<void> {
  const { channel } = conversation
  await answer(conversation, { service: 'git-receive-pack', step: 'advertise', body: nothing() })
  const sections = new PktSections(channel.read())
  const commands = await sections.next()
  // Nothing to push.
  if (!commands || commands.lines.length === 0) return
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield commands.bytes
    // Where branches are only deleted no pack comes, and the client waits for the report without ending.
    if (!commands.lines.every(isDeletion)) yield* sections.rest()
  }
  await answer(conversation, { service: 'git-receive-pack', step: 'run', body: body() })
}

/** `git clone`, `git fetch`. @param protocol what the client asked for in `GIT_PROTOCOL` */
export async function upload(conversation: Conversation, protocol: string | undefined): Promise<void> {
  const { channel } = conversation
  if (!/(?:^|:)version=2(?:$|:)/.test(protocol ?? '')) {
    await channel.write(
      pktLine('ERR this git is too old for SSH here: use the http:// address, or git 2.26 or newer\n')
    )
    return
  }
  const asked = { service: 'git-upload-pack', protocol: 'version=2' } as const
  await answer(conversation, { ...asked, step: 'advertise', body: nothing() })
  const sections = new PktSections(channel.read())
  for (let section = await sections.next(); section && section.lines.length > 0; section = await sections.next()) {
    const { bytes } = section
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes
    }
    await answer(conversation, { ...asked, step: 'run', body: body() })
  }
}

async function answer(
  { service, repository, person, channel, signal }: Conversation,
  request: Omit<GitRequest, 'person'>
): Promise<void> {
  const { body } = await service.answer(repository, { ...request, person }, signal)
  const bytes = request.step === 'advertise' ? withoutServiceLine(body) : body
  for await (const span of bytes) await channel.write(span)
}

/** HTTP has one line more at the beginning, and a flush. */
async function* withoutServiceLine(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = Buffer.alloc(0)
  let begun = false
  for await (const span of body) {
    if (begun) {
      yield span
      continue
    }
    held = Buffer.concat([held, span])
    const first = readPkt(held, 0)
    if (!first) continue
    const isService = first.pkt.kind === 'line' && first.pkt.bytes.toString('latin1').startsWith('# service=')
    const start = isService ? first.next + FLUSH.length : 0
    if (held.length < start) continue
    begun = true
    if (held.length > start) yield held.subarray(start)
  }
  if (!begun) throw new JoineryError('CLOSED', 'nothing was advertised')
}

function isDeletion(line: Buffer): boolean {
  return line.toString('latin1', 41, 81) === NO_OBJECT
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
