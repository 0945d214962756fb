/** Asks a device for one thing of each kind, as clients would. */
import type { RoomOverview } from '../../protocols/room-overview.ts'

/** A room of three on one computer answers in milliseconds; right after a plug was pulled a request may wait for the dead one. */
const ANSWER_TIMEOUT_MS = 15_000

/** @returns one line: `Device 2: the lesson, Python packages, … all there` or what is not */
export async function checkServing(device: { name: string; port: number }, signal: AbortSignal): Promise<string> {
  const origin = `http://127.0.0.1:${device.port}`
  try {
    const room = (await (await ask(`${origin}/api/room`, signal)).json()) as RoomOverview
    const asked = pathsOf(room)
    const missed: string[] = []
    for (const [what, path] of asked) {
      const answer = await ask(origin + path, signal)
      await answer.arrayBuffer()
      if (!answer.ok) missed.push(`${what} (${answer.status})`)
    }
    if (asked.length === 0) return `  ${device.name}: knows of nothing to serve`
    const what = asked.map(([one]) => one).join(', ')
    return missed.length === 0
      ? `  ${device.name}: ${what}: all there`
      : `  ${device.name}: missing ${missed.join(', ')}`
  } catch (error) {
    return `  ${device.name}: does not answer (${error instanceof Error ? error.message : String(error)})`
  }
}

function pathsOf({ contents }: RoomOverview): [what: string, path: string][] {
  const paths: [string, string][] = []
  for (const lesson of contents.lessons.slice(0, 1)) paths.push(['the lesson', lesson.href])
  for (const name of contents.python.names.slice(0, 1)) paths.push(['Python packages', `/pypi/simple/${name}/`])
  if (contents.r.count > 0) paths.push(['R packages', '/cran/src/contrib/PACKAGES'])
  for (const installer of contents.installers.slice(0, 1)) paths.push(['an installer', installer.href])
  return paths
}

function ask(url: string, signal: AbortSignal): Promise<Response> {
  return fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]) })
}
