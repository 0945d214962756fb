/** What has to be undone when a device stops: the last thing first, each one even when another failed. */
export class Undoing {
  readonly #steps: { undo: () => unknown }[] = []

  add(undo: () => unknown): object {
    const step = { undo }
    this.#steps.push(step)
    return step
  }

  /** Something that was made later takes this step over, in its place of the order. */
  replace(step: object, undo: () => unknown): void {
    const found = this.#steps.find((one) => one === step)
    if (!found) throw new Error('no such step')
    found.undo = undo
  }

  /** @throws AggregateError of what failed, after everything was tried */
  async run(): Promise<void> {
    const errors: unknown[] = []
    for (const { undo } of this.#steps.splice(0).reverse()) {
      try {
        await undo()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'not everything could be stopped in order')
  }
}
