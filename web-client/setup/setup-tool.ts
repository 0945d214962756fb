/** The programs that can be pointed at the room, and back. */
export const SETUP_TOOLS = ['pip', 'r', 'git'] as const
export type SetupTool = (typeof SETUP_TOOLS)[number]

/** Where the room is, as this visitor came to it. */
export interface SetupPlace {
  /** `http://192.168.1.20:8080`, no slash at the end. */
  origin: string
  /** `192.168.1.20:8080`, as pip's `trusted-host` wants it. */
  host: string
}

/** Only what a shell takes literally: the address comes from a header. */
export function setupPlace(origin: string): SetupPlace | undefined {
  const found = /^http:\/\/((?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)$/.exec(origin)
  return found?.[1] === undefined ? undefined : { origin, host: found[1] }
}

export function setupScriptPath(tool: SetupTool, system: 'sh' | 'ps1'): string {
  return `/setup/${tool}.${system}`
}

export function setupLine(tool: SetupTool, system: 'sh' | 'ps1', { origin }: SetupPlace): string {
  const address = origin + setupScriptPath(tool, system)
  return system === 'sh' ? `curl -fsS ${address} | sh` : `irm ${address} | iex`
}

/** For who downloaded the file: Windows opens it in an editor otherwise, or refuses to run it. */
export function runLine(tool: SetupTool, system: 'sh' | 'ps1'): string {
  return system === 'sh' ? `sh ${tool}.sh` : `powershell -ExecutionPolicy Bypass -File ${tool}.ps1`
}

/** What stays on the learner's computer and works without the room. */
export function undoLine(tool: SetupTool, system: 'sh' | 'ps1'): string {
  return system === 'sh'
    ? `sh ~/.joinery/undo-${tool}.sh`
    : `powershell -ExecutionPolicy Bypass -File "$HOME\\.joinery\\undo-${tool}.ps1"`
}
