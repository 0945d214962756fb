/** What a tick has for everybody, built once: one buffer for stock clients, one for those who know names and colours already. */
import { encodeSyncMessage } from '../../protocols/notes-sync.ts'
import type { CatchUp, Connection } from './connection.ts'
import type { CursorNews, Cursors } from './cursors.ts'
import { buildFrame } from './frame.ts'

export class Broadcast {
  readonly #text: readonly Buffer[]
  readonly #whole: Buffer[] = []
  readonly #brief: Buffer[] = []

  /** @param text frames that must all arrive */
  constructor(text: readonly Buffer[]) {
    this.#text = text
  }

  addCursors(all: Cursors, { clientIds, fresh, cursors }: CursorNews, forStock: boolean): void {
    const stateFrame = (ids: readonly number[]): Buffer =>
      buildFrame(encodeSyncMessage({ kind: 'awareness', entries: all.states(ids) }))
    if (forStock) this.#whole.push(stateFrame(clientIds))
    if (fresh.length > 0) this.#brief.push(stateFrame(fresh))
    if (cursors.length > 0) this.#brief.push(buildFrame(encodeSyncMessage({ kind: 'cursors', cursors })))
  }

  /** @param told somebody has something to be told that is on its connection already */
  send(connections: Iterable<Connection>, source: CatchUp, told: boolean): void {
    const isEmpty = this.#text.length === 0 && this.#brief.length === 0
    const text = joinFrames(this.#text)
    const withText = (frames: readonly Buffer[]): Buffer | undefined =>
      frames.length === 0 ? text : joinFrames([...this.#text, ...frames])
    const [whole, brief] = [withText(this.#whole), withText(this.#brief)]
    for (const connection of connections) {
      if (!isEmpty || told || connection.isBehind) connection.deliver(text, connection.own ? brief : whole, source)
    }
  }
}

function joinFrames(frames: readonly Buffer[]): Buffer | undefined {
  if (frames.length === 0) return undefined
  return frames.length === 1 ? frames[0] : Buffer.concat(frames)
}
