/** The other half of back-pressure: a stream that has had enough says so with `write`, and this waits until it takes more. */

type WaitedStream = NodeJS.WritableStream & { destroyed?: boolean }

/**
 * @param gone for a stream that does not itself say when nobody is there any more
 * @returns whether it takes more: false once it is gone, also when it was before
 */
export function drained(stream: WaitedStream, gone?: AbortSignal): Promise<boolean> {
  // A stream that is gone says so once, and takes nothing: nobody may wait for a word that has been said.
  if (stream.destroyed || gone?.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const end = (takesMore: boolean): void => {
      stream.removeListener('drain', go)
      stream.removeListener('close', stop)
      stream.removeListener('error', stop)
      gone?.removeEventListener('abort', stop)
      resolve(takesMore)
    }
    const go = (): void => end(true)
    const stop = (): void => end(false)
    stream.on('drain', go)
    stream.on('close', stop)
    stream.on('error', stop)
    gone?.addEventListener('abort', stop)
  })
}
