/** Objects between two devices: upload-pack on one side, `git fetch fd::3` on the other, a channel of the mesh between them. */
import { JoineryError } from '../../protocols/errors.ts'
import { drained } from '../platform/back-pressure.ts'
import type { PipedProgram } from '../platform/piped-program.ts'
import type { GitProgram } from './git-program.ts'
import type { ByteChannel } from './local-repositories.ts'

export async function serveObjects(
  git: GitProgram,
  folder: string,
  channel: ByteChannel,
  signal: AbortSignal
): Promise<void> {
  const words = ['-c', 'transfer.hideRefs=!refs/mesh', 'upload-pack', '--strict', '--timeout=60', folder]
  const { program, done } = await git.start(words, {
    signal,
    for: 'serving',
    forPeer: true,
    protocol: 'version=2'
  })
  try {
    const { input, output } = program
    const incoming = (async () => {
      for await (const bytes of channel.read()) if (!input.write(bytes)) await drained(input)
      input.end()
    })()
    incoming.catch(() => program.kill())
    for await (const bytes of output as AsyncIterable<Buffer>) await channel.write(bytes)
    await channel.end()
    await program.ended
  } finally {
    done()
  }
}

/** @throws JoineryError `GIT_FAILED`; then refs are as they were */
export async function fetchObjects(
  git: GitProgram,
  folder: string,
  specs: readonly string[],
  channel: ByteChannel,
  signal: AbortSignal
): Promise<void> {
  const fixed = ['--git-dir', folder, '-c', 'protocol.version=2']
  const words = [...fixed, 'fetch', '--quiet', '--atomic', '--no-tags', '--no-write-fetch-head', 'fd::3', ...specs]
  const { program, done } = await git.start(words, { signal, for: 'receiving', overChannel: true })
  try {
    program.input.end()
    program.output.resume()
    await pump(program, channel)
    const { code, errors } = await program.ended
    signal.throwIfAborted()
    if (code !== 0) throw new JoineryError('GIT_FAILED', `fetching ended with ${code}: ${errors.trim()}`)
  } finally {
    done()
  }
}

/** Both ways between descriptor 3 of a git and a peer, until the git has ended. */
async function pump(program: PipedProgram, channel: ByteChannel): Promise<void> {
  const { channel: socket } = program
  if (!socket) throw new JoineryError('INTERNAL', 'a fetch without its channel')
  const incoming = (async () => {
    for await (const bytes of channel.read()) if (!socket.write(bytes)) await drained(socket)
    socket.end()
  })()
  // A peer that breaks off ends the fetch; git leaves nothing behind then.
  incoming.catch(() => {
    program.kill()
    socket.destroy()
  })
  // The default would destroy the socket with our reading loop, and git's last bytes with it.
  const outgoing = socket as unknown as { iterator(options: { destroyOnReturn: boolean }): AsyncIterable<Buffer> }
  try {
    for await (const bytes of outgoing.iterator({ destroyOnReturn: false })) await channel.write(bytes)
    await channel.end()
    await incoming
  } catch (error) {
    // A socket whose other half stays open would keep the program from ever having ended.
    socket.destroy()
    throw error
  }
}
