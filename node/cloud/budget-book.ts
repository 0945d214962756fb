/**
 * What this device has used of its uplink, by cloud peer (and under its own id what it fetched from elsewhere), over restarts. A little more than was used is written down ahead: whoever pulls the plug
 * finds up to that much counted that was not used, and never less. In order it is written exactly.
 */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { type CborValue, decodeCbor, encodeCbor, sameBytes } from '../../protocols/cbor.ts'
import { isBytes, isWhole } from '../../protocols/certificate.ts'
import { CLOUD_COUNT_BYTES } from '../../protocols/cloud-facts.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { isNodeId } from '../../protocols/node-id.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import { Budget, type Used } from './budget.ts'
import { AHEAD_BYTES, AHEAD_MOST_BYTES, AHEAD_MS, MAX_BUDGET_LINES } from './limits.ts'

const FILE_VERSION = 1
const MAX_FILE_BYTES = 4096
const NOTHING: Used = { bytes: 0, ms: 0 }

interface Line {
  /** Which count it is; another one begins at nothing. */
  count: Uint8Array
  budget: Budget
  /** As it stands on the disk. */
  written: Used
}

export interface BudgetBookInit {
  /** The file; its folder exists. */
  path: string
  onProblem(problem: { code: string; message: string; cause?: unknown }): void
}

export class BudgetBook {
  readonly #components: { disk: Disk; clock: Clock }
  readonly #init: BudgetBookInit
  readonly #lines: Map<NodeId, Line>
  #writing: Promise<void> = Promise.resolve()
  #isWriting = false
  /** The last write failed, and that was told. */
  #failed = false

  private constructor(components: { disk: Disk; clock: Clock }, init: BudgetBookInit, lines: Map<NodeId, Line>) {
    this.#components = components
    this.#init = init
    this.#lines = new BoundedMap(MAX_BUDGET_LINES, lines)
  }

  /** A file that cannot be read counts for nothing: what was used is then not known, and is told. */
  static async open(components: { disk: Disk; clock: Clock }, init: BudgetBookInit): Promise<BudgetBook> {
    let lines = new Map<NodeId, Line>()
    try {
      const bytes = await readSmallFile(components.disk, init.path, MAX_FILE_BYTES)
      if (bytes) lines = linesFromCbor(decodeCbor(bytes, MAX_FILE_BYTES))
    } catch (cause) {
      init.onProblem({
        code: 'CLOUD_BUDGET_LOST',
        message: 'what was used of the internet is not known any more',
        cause
      })
    }
    return new BudgetBook(components, init, lines)
  }

  /** @param count as the link says it: with another one it begins at nothing */
  of(node: NodeId, count: Uint8Array): Budget {
    const known = this.#lines.get(node)
    if (known && sameBytes(known.count, count)) return known.budget
    const made = { count, budget: new Budget(), written: NOTHING }
    // The longest unused goes: a room has at most so many cloud peers, but they may change.
    this.#lines.set(node, made)
    return made.budget
  }

  use(node: NodeId, count: Uint8Array, bytes: number): void {
    this.of(node, count).use(bytes, this.#components.clock.monotonicMs())
    const line = this.#lines.get(node)
    if (!line || this.#isWriting) return
    const { used } = line.budget
    if (used.bytes > line.written.bytes - this.#margin(line) || used.ms > line.written.ms - AHEAD_MS) this.#writeAhead()
  }

  /** Writes what was really used. */
  async close(): Promise<void> {
    await this.#writing
    await this.#write((line) => line.budget.used)
  }

  /** On a quick line more, so that it is written every few seconds and not with every file. */
  #margin({ budget }: Line): number {
    const tenSeconds = 10 * budget.bytesPerSecond(this.#components.clock.monotonicMs())
    return Math.min(AHEAD_MOST_BYTES, Math.max(AHEAD_BYTES, tenSeconds))
  }

  #writeAhead(): void {
    this.#isWriting = true
    this.#writing = this.#write((line) => {
      const { bytes, ms } = line.budget.used
      return { bytes: bytes + 2 * this.#margin(line), ms: ms + 2 * AHEAD_MS }
    }).finally(() => {
      this.#isWriting = false
    })
  }

  async #write(amount: (line: Line) => Used): Promise<void> {
    const ahead = [...this.#lines].map(([node, line]) => ({ node, line, written: amount(line) }))
    const rows = ahead.map(({ node, line, written }) => [node, line.count, written.bytes, Math.round(written.ms)])
    try {
      await writeDurably(this.#components.disk, this.#init.path, encodeCbor([FILE_VERSION, rows]))
      for (const { line, written } of ahead) line.written = written
      this.#failed = false
    } catch (cause) {
      // A full disk: tried again with the next bytes.
      if (this.#failed) return
      this.#failed = true
      this.#init.onProblem({ code: 'CLOUD_BUDGET_LOST', message: 'what is used of the internet is not written', cause })
    }
  }
}

function linesFromCbor(value: CborValue): Map<NodeId, Line> {
  const [version, rows] = Array.isArray(value) && value.length === 2 ? value : []
  if (version !== FILE_VERSION || !Array.isArray(rows) || rows.length > MAX_BUDGET_LINES)
    throw new Error('not a budget book')
  return new Map(
    rows.map((row): [NodeId, Line] => {
      const [node, count, bytes, ms] = Array.isArray(row) && row.length === 4 ? row : []
      if (typeof node !== 'string' || !isNodeId(node) || !isBytes(count, CLOUD_COUNT_BYTES)) throw new Error('no line')
      const most = Number.MAX_SAFE_INTEGER
      if (!isWhole(bytes, 0, most) || !isWhole(ms, 0, most)) throw new Error('no amount')
      return [node, { count, budget: new Budget({ bytes, ms }), written: { bytes, ms } }]
    })
  )
}
