/** The other half of back-pressure: a stream that has had enough says so with `write`, and this waits until it takes more. */

/** @returns whether it takes more: false once it is gone, also when it was before */
export function drained(stream: NodeJS.WritableStream & { destroyed?: boolean }): Promise<boolean> {
  // A stream that is gone says so once, and takes nothing: nobody may wait for a word that has been said.
  if (stream.destroyed) return Promise.resolve(false)
  return new Promise((resolve) => {
    const end = (takesMore: boolean): void => {
      stream.removeListener('drain', go)
      stream.removeListener('close', gone)
      stream.removeListener('error', gone)
      resolve(takesMore)
    }
    const go = (): void => end(true)
    const gone = (): void => end(false)
    stream.on('drain', go)
    stream.on('close', gone)
    stream.on('error', gone)
  })
}
