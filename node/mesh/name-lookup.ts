import { lookup } from 'node:dns/promises'
import { tryMeshAddress } from '../../protocols/mesh-address.ts'

/**
 * The host names among these addresses that no server knows, or that nobody could be asked for. Asked after a dial that failed: a WebSocket
 * does not say why it could not be opened.
 */
export async function unknownNames(addresses: readonly string[]): Promise<string[]> {
  const names = new Set(
    addresses.flatMap((address) => {
      const found = tryMeshAddress(address)
      return found?.kind.startsWith('dns') ? [found.host] : []
    })
  )
  const asked = await Promise.all(
    [...names].map((name) =>
      lookup(name).then(
        () => [],
        () => [name]
      )
    )
  )
  return asked.flat()
}
