/** A note, written in at one device by the protocol that pages use, and read at that device: then it is in what every browser there gets. */
import { JoineryError } from '../../../protocols/errors.ts'
import { decodeSyncMessage, encodeSyncMessage } from '../../../protocols/notes-sync.ts'
import type { Clock } from '../../platform/clock.ts'

const SAVED_MS = 20_000

/** @throws JoineryError when the line did not reach the device's disk in time */
export async function writeNote(
  clock: Clock,
  init: { origin: string; note: string; line: string; cookie: string; signal: AbortSignal }
): Promise<void> {
  const [{ WebSocket }, Y] = await Promise.all([import('ws'), import('yjs')])
  const { origin, note, line, cookie, signal } = init
  const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/notes/sync/${note}?own=1`, {
    headers: { origin, cookie }
  })
  socket.binaryType = 'nodebuffer'
  const doc = new Y.Doc({ gc: false })
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new JoineryError('CLOSED', why))
      const cancel = clock.after(SAVED_MS, () => fail('the note was not saved in time'))
      signal.addEventListener('abort', () => fail('the check was ended'), { once: true })
      socket.on('error', (error) => fail(error.message))
      socket.on('close', (code) => fail(`the device ended the note's connection (${code})`))
      socket.on('open', () => socket.send(encodeSyncMessage({ kind: 'have', vector: Y.encodeStateVector(doc) })))
      let written = false
      socket.on('message', (data: Buffer) => {
        const message = decodeSyncMessage(data)
        if (message.kind === 'update') Y.applyUpdate(doc, message.update)
        if (message.kind === 'update' && message.answer && !written) {
          written = true
          const before = Y.encodeStateVector(doc)
          doc.getText('text').insert(0, line)
          socket.send(encodeSyncMessage({ kind: 'update', update: Y.encodeStateAsUpdate(doc, before), answer: false }))
        }
        if (message.kind === 'refused') fail(`the note was refused (${message.code})`)
        if (message.kind === 'saved' && message.saved > 0) {
          cancel()
          resolve()
        }
      })
    })
  } finally {
    socket.removeAllListeners('close')
    socket.on('error', () => undefined)
    socket.close()
    doc.destroy()
  }
}
