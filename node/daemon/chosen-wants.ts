/** Which wants a person means by names, and for which Pythons a class installs. Pure. */
import { JoineryError } from '../../protocols/errors.ts'
import type { Want } from '../../protocols/wants.ts'
import type { FetchWantsRequest } from '../control/want-operations.ts'
import { type PythonTarget, wantTarget } from '../upstream/index.ts'

/** Different laptops of one class; more make one fetch too large. */
const MAX_PYTHONS = 12
const COLLECTIONS = ['pypi', 'cran'] as const

/** @throws JoineryError `NOT_FOUND` */
export function chosenWants(
  { names, client }: FetchWantsRequest,
  { open, all }: { open: readonly Want[]; all: readonly Want[] }
): Want[] {
  if (names.length === 0) return [...open]
  return names.flatMap((said) => {
    const collection = COLLECTIONS.find((one) => said.startsWith(`${one}:`))
    const name = collection === undefined ? said : said.slice(collection.length + 1)
    const isMeant = (want: Want): boolean =>
      want.name.toLowerCase() === name.toLowerCase() && (collection === undefined || want.collection === collection)
    const found = client === undefined ? open.filter(isMeant) : []
    if (found.length > 0) return found
    if (collection !== undefined)
      return [{ collection, name, ...targetOf(client), ...client, count: 1, learners: 0, who: [] }]
    if (all.some(isMeant)) throw new JoineryError('NOT_FOUND', `${said} is in the room by now`)
    throw new JoineryError('NOT_FOUND', `nobody asked for ${said}: say pypi:${said} or cran:${said}`)
  })
}

/** Which Pythons asked for anything: what is fetched without being asked for is for those. */
export function knownPythons(all: readonly Want[]): PythonTarget[] {
  const found: PythonTarget[] = []
  for (const want of all) {
    if (want.collection !== 'pypi' || found.length >= MAX_PYTHONS) continue
    try {
      const about = wantTarget(want)
      if (about.kind === 'python' && about.target) found.push(about.target)
    } catch {
      // A name that is none says nothing of its Python either.
    }
  }
  return found
}

function targetOf(client: FetchWantsRequest['client']): { target?: string } {
  if (client?.version === undefined) return {}
  const system = [client.system, client.cpu].filter((part) => part !== undefined).join(' ')
  return { target: [`${client.runs} ${client.version}`, system].filter((part) => part !== '').join(', ') }
}
