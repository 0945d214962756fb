/**
 * Time enters the program here and nowhere else, so that the simulator can own it.
 * Decisions use `monotonicMs` for durations only; `wallMs` is for showing: a Pi without a clock boots in 1970.
 */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number
  /** Milliseconds since 1970 as the device believes. May be wrong by decades and may jump. */
  wallMs(): number
  /** Runs `action` once after `delayMs`; the returned function cancels it. A timer does not keep the process alive. */
  after(delayMs: number, action: () => void): () => void
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  }
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
export async function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', aborted)
      resolve()
    })
    const aborted = (): void => {
      cancel()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', aborted, { once: true })
  })
}

/** The longest that a timer can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Timers of `systemClock` let the process end; whoever waits for work that only a timer goes on with holds the process by this. */
export function holdProcess(): () => void {
  const timer = setInterval(() => undefined, LONGEST_TIMER_MS)
  return () => clearInterval(timer)
}
