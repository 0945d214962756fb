/** Which laptops fetched a setup script from this device, so that its first page reminds them to undo it. A help and no record: it is gone with a restart. */
import { SETUP_TOOLS, type SetupTool } from '../../web-client/setup/setup-tool.ts'

/** A big class on several days. */
export const MAX_REMEMBERED = 500

export class SetupMemory {
  /** By address, the longest silent first. */
  readonly #tools = new Map<string, Set<SetupTool>>()

  note(address: string, tool: SetupTool): void {
    const tools = this.#tools.get(address) ?? new Set()
    tools.add(tool)
    this.#tools.delete(address)
    this.#tools.set(address, tools)
    const oldest = this.#tools.size > MAX_REMEMBERED ? this.#tools.keys().next().value : undefined
    if (oldest !== undefined) this.#tools.delete(oldest)
  }

  of(address: string): SetupTool[] {
    const tools = this.#tools.get(address)
    return SETUP_TOOLS.filter((tool) => tools?.has(tool))
  }
}
