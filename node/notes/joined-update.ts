/**
 * Yjs keeps a struct for each key that was pressed, and `mergeUpdates` only puts them one behind the other: 18 bytes a key. Here those that one
 * person typed in a row become one struct, by the same conditions as Yjs' own `Item.mergeWith` in a document, which is how it sends a whole document.
 * A document takes both forms alike: it splits a struct wherever somebody has inserted between two of its characters.
 */
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'

type Struct = ReturnType<typeof Y.decodeUpdate>['structs'][number]

/** @returns an update with the same text and deletions */
export function joinTyped(update: Uint8Array): Uint8Array {
  const { structs, ds } = Y.decodeUpdate(update)
  const byClient = new Map<number, Struct[]>()
  for (const struct of structs) {
    const { client } = struct.id
    const list = byClient.get(client)
    if (!list) byClient.set(client, [struct])
    else if (!join(list.at(-1), struct)) list.push(struct)
  }
  const encoder = new Y.UpdateEncoderV1()
  const rest = encoder.restEncoder
  encoding.writeVarUint(rest, byClient.size)
  for (const [client, list] of byClient) {
    encoding.writeVarUint(rest, list.length)
    encoder.writeClient(client)
    encoding.writeVarUint(rest, list[0]?.id.clock ?? 0)
    for (const struct of list) struct.write(encoder, 0)
  }
  encoding.writeVarUint(rest, ds.clients.size)
  for (const [client, ranges] of ds.clients) {
    encoder.resetDsCurVal()
    encoding.writeVarUint(rest, client)
    encoding.writeVarUint(rest, ranges.length)
    for (const { clock, len } of ranges) {
      encoder.writeDsClock(clock)
      encoder.writeDsLen(len)
    }
  }
  return encoder.toUint8Array()
}

/** Puts `next` behind `before` when it is what the same person typed next to it. */
function join(before: Struct | undefined, next: Struct): boolean {
  if (!(before instanceof Y.Item) || !(next instanceof Y.Item)) return false
  if (!(before.content instanceof Y.ContentString) || !(next.content instanceof Y.ContentString)) return false
  const end = before.id.clock + before.length
  const follows =
    next.id.clock === end &&
    next.origin?.client === next.id.client &&
    next.origin.clock === end - 1 &&
    Y.compareIDs(before.rightOrigin, next.rightOrigin)
  if (!follows) return false
  const { length } = next
  before.content.mergeWith(next.content)
  before.length += length
  return true
}
