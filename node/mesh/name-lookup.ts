import { lookup } from 'node:dns/promises'
import { tryMeshAddress } from '../../protocols/mesh-address.ts'

/**
 * Whether all of these addresses are host names that no server knows, or that nobody could be asked for. Asked after a dial that failed: a
 * WebSocket does not say why it could not be opened.
 */
export async function areUnknownNames(addresses: readonly string[]): Promise<boolean> {
  const names = addresses.flatMap((address) => nameIn(address) ?? [])
  // An IP address needs no server: then it was something else.
  if (names.length === 0 || names.length < addresses.length) return false
  const known = await Promise.all(
    [...new Set(names)].map((name) =>
      lookup(name).then(
        () => true,
        () => false
      )
    )
  )
  return !known.includes(true)
}

function nameIn(address: string): string | undefined {
  const found = tryMeshAddress(address)
  return found?.kind.startsWith('dns') ? found.host : undefined
}
