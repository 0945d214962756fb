/** Ports for programs that have to be told theirs. */
import { isPortFree } from '../../node/platform/free-ports.ts'
import { seededRandom } from './seeded-random.ts'

/** Below those that the system gives to whoever asks for any: nobody but us takes one between choosing and using it. */
const FIRST = 12_000
const EACH = 1_000
const WORKERS = 16
/** A device takes the next one, and a demo the next two. */
const APART = 4
const random = seededRandom(process.pid)
const given = new Set<number>()

/** One that nobody has, nor the next one. Test files that run at the same time choose from ports of their own. */
export async function ownPort(): Promise<number> {
  const worker = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS
  for (;;) {
    const port = FIRST + worker * EACH + APART * random.below(EACH / APART)
    if (given.has(port)) continue
    given.add(port)
    if ((await isPortFree(port)) && (await isPortFree(port + 1))) return port
  }
}
