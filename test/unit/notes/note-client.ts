/** A client that says what it likes, frame by frame; the tests of bad behaviour are made with it. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from '../../../protocols/notes-sync.ts'
import { PATIENCE_MS } from '../../kit/child.ts'

export class NoteClient {
  readonly socket: WebSocket
  readonly doc: Y.Doc
  readonly messages: SyncMessage[] = []
  closeCode: number | undefined

  constructor(
    port: number,
    note: string,
    init: {
      token?: string
      ticket?: string
      own?: boolean
      headers?: Record<string, string>
      doc?: Y.Doc
      /** Of this machine: a client that comes from another address. */
      localAddress?: string
    } = {}
  ) {
    const query = new URLSearchParams()
    if (init.token !== undefined) query.set('token', init.token)
    if (init.ticket !== undefined) query.set('ticket', init.ticket)
    if (init.own !== false) query.set('own', '1')
    this.doc = init.doc ?? new Y.Doc({ gc: false })
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/notes/sync/${note}?${query}`, {
      headers: init.headers ?? {},
      ...(init.localAddress === undefined ? {} : { localAddress: init.localAddress })
    })
    this.socket.binaryType = 'nodebuffer'
    this.socket.on('message', (data: Buffer) => {
      const message = decodeSyncMessage(data)
      this.messages.push(message)
      if (message.kind === 'update') Y.applyUpdate(this.doc, message.update, this)
    })
    this.socket.on('close', (code) => {
      this.closeCode = code
    })
    this.socket.on('error', () => undefined)
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open')
    return this
  }

  /** Opened, and the document as the node has it. */
  async synced(): Promise<this> {
    await this.opened()
    this.send({ kind: 'have', vector: Y.encodeStateVector(this.doc) })
    await this.until(() => this.messages.some((message) => message.kind === 'update' && message.answer))
    return this
  }

  send(message: Exclude<SyncMessage, { kind: 'unknown' }>): void {
    this.socket.send(encodeSyncMessage(message))
  }

  /** Changes the own document and sends the change, as a provider would. */
  write(change: (text: Y.Text) => void): Uint8Array {
    const before = Y.encodeStateVector(this.doc)
    change(this.doc.getText('text'))
    const update = Y.encodeStateAsUpdate(this.doc, before)
    this.send({ kind: 'update', update, answer: false })
    return update
  }

  get text(): string {
    return this.doc.getText('text').toString()
  }

  /** The newest word on what is saved. */
  get saved(): { saved: number; copied: number; devices: number } {
    const last = this.messages.findLast((message) => message.kind === 'saved')
    return last?.kind === 'saved' ? last : { saved: 0, copied: 0, devices: 1 }
  }

  get refusals(): string[] {
    return this.messages.flatMap((message) => (message.kind === 'refused' ? [message.code] : []))
  }

  async until(check: () => boolean, timeoutMs = PATIENCE_MS): Promise<void> {
    const end = performance.now() + timeoutMs
    while (!check()) {
      if (performance.now() > end) throw new Error(`did not happen within ${timeoutMs} ms: ${check.toString()}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  destroy(): void {
    this.socket.terminate()
    this.doc.destroy()
  }
}
