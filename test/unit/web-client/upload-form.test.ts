import { describe, expect, test } from 'vitest'
import { progressText, Rate, refusal } from '../../../web-client/room/upload-form.ts'
import { uploadTextsIn } from '../../../web-client/room/upload-texts.ts'

const words = uploadTextsIn('en')

describe('a file on its way', () => {
  test('is told with how much, how fast and how long, and without a guess while nothing is known', () => {
    expect(progressText(5e6, 20e6, 1e6, words, 'en')).toBe(
      '5\u00a0MB of 20\u00a0MB · 1\u00a0MB a second · about 1 minute left'
    )
    for (const rate of [undefined, 0])
      expect(progressText(5e6, 20e6, rate, words, 'en')).toBe('5\u00a0MB of 20\u00a0MB')
  })

  test('has the rate of the last seconds, not of its whole way', () => {
    const rate = new Rate()
    expect(rate.after(0, 0)).toBeUndefined()
    expect(rate.after(1_000, 1_000)).toBe(1_000)
    let last: number | undefined
    for (let second = 2; second <= 20; second++) last = rate.after(1_000 + 100 * (second - 1), second * 1_000)
    expect(last).toBe(100)
  })
})

test.each([
  ['{"code":"UPLOAD_TOO_LARGE"}', words.full],
  ['{"code":"UPLOAD_TYPE"}', words.kind],
  ['{"code":"BUSY"}', words.busy],
  ['{"code":"INTERNAL"}', words.failed],
  ['<html>', words.failed],
  ['null', words.failed]
])('an answer of %s is told in words', (answer, told) => {
  expect(refusal(answer, words)).toBe(told)
})
