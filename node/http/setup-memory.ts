/** Which laptops fetched a setup script from this device, so that its first page reminds them to undo it. A help and no record: it is gone with a restart. */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { SETUP_TOOLS, type SetupTool } from '../../web-client/setup/setup-tool.ts'

/** A big class on several days. */
export const MAX_REMEMBERED = 500

export class SetupMemory {
  /** By address, the longest silent first. */
  readonly #tools = new BoundedMap<string, Set<SetupTool>>(MAX_REMEMBERED)

  note(address: string, tool: SetupTool): void {
    const tools = this.#tools.get(address) ?? new Set()
    tools.add(tool)
    this.#tools.set(address, tools)
  }

  of(address: string): SetupTool[] {
    const tools = this.#tools.get(address)
    return SETUP_TOOLS.filter((tool) => tools?.has(tool))
  }
}
