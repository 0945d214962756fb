import { expect, test } from 'vitest'
import { whyNotEmpty } from '../../../node/daemon/drain-words.ts'

test.each([
  [{ connected: 0, onlyHere: 3, unread: ['lessons'] }, 'NOT_CONNECTED', /No other device/],
  [{ connected: 1, onlyHere: 1, unread: ['lessons'] }, 'FILES_ONLY_HERE', /one file is still/],
  [{ connected: 1, onlyHere: 3, unread: [] }, 'FILES_ONLY_HERE', /3 files are still/],
  [{ connected: 2, onlyHere: 0, unread: ['lessons', 'pypi'] }, 'LISTS_NOT_READ', /lessons, pypi/],
  [{ connected: 2, onlyHere: 0, unread: [] }, 'RECORD_ONLY_HERE', /confirmed/]
] as const)('what a device that is being emptied waits for is said in words: %j', (state, code, text) => {
  const reason = whyNotEmpty(state)
  expect(reason).toMatchObject({ code, text: expect.stringMatching(text) })
  expect(reason.next).not.toBe('')
})
