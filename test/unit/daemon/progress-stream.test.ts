import { expect, test } from 'vitest'
import type { Progress, ProgressNotice, ProgressStep } from '../../../node/control/operations.ts'
import { MAX_WAITING_NOTICES, progressStream } from '../../../node/daemon/progress-stream.ts'

const step = (doneFiles: number): ProgressStep => ({ kind: 'step', phase: 'reading', doneFiles, doneBytes: 0 })
const notice = (text: string): ProgressNotice => ({ kind: 'notice', level: 'warning', code: 'X', text })

async function all<Result>(stream: AsyncIterable<Progress<Result>>): Promise<Progress<Result>[]> {
  const found: Progress<Result>[] = []
  for await (const one of stream) found.push(one)
  return found
}

test('gives what is reported and at last the result', async () => {
  const found = await all(
    progressStream(async (report) => {
      report(step(1))
      return 'the result'
    })
  )
  expect(found).toEqual([step(1), { kind: 'done', result: 'the result' }])
})

test('a reader that is slow misses steps, never a notice', async () => {
  const stream = progressStream(async (report) => {
    for (let i = 1; i <= 5; i++) {
      report(step(i))
      report(notice(`notice ${i}`))
    }
  })
  const found = await all(stream)
  expect(found.filter(({ kind }) => kind === 'notice')).toHaveLength(5)
  expect(found.filter(({ kind }) => kind === 'step')).toEqual([step(5)])
})

test.each([
  [MAX_WAITING_NOTICES, 0],
  [MAX_WAITING_NOTICES + 1, 1]
])('of %i notices that nobody read yet %i are left off, and that is said', async (count, leftOff) => {
  const found = await all(
    progressStream(async (report) => {
      for (let i = 0; i < count; i++) report(notice(`${i}`))
    })
  )
  const texts = found.flatMap((one) => (one.kind === 'notice' ? [one.text] : []))
  const said = leftOff === 0 ? [] : [`${leftOff} more notices were left off`]
  expect(texts.slice(MAX_WAITING_NOTICES)).toEqual(said)
})

test('work that fails tells what it reported before, then its error', async () => {
  const stream = progressStream(async (report) => {
    report(notice('before'))
    throw new Error('broken')
  })
  expect(await stream.next()).toEqual({ done: false, value: notice('before') })
  await expect(stream.next()).rejects.toThrow('broken')
})

test('leaving the loop ends the work', async () => {
  let reason: unknown
  const ended = Promise.withResolvers<void>()
  const stream = progressStream(async (report, signal) => {
    report(step(1))
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    reason = signal.reason
    ended.resolve()
  })
  for await (const one of stream) {
    expect(one).toEqual(step(1))
    break
  }
  await ended.promise
  expect(reason).toBeInstanceOf(DOMException)
})

test('the outer signal ends the work, and the reader gets its reason', async () => {
  const outer = new AbortController()
  const stream = progressStream(async (report, signal) => {
    report(step(1))
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }, outer.signal)
  await stream.next()
  outer.abort(new Error('the device is stopping'))
  await expect(stream.next()).rejects.toThrow('the device is stopping')
})
