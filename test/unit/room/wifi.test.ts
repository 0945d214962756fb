import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WifiSetting, wifiFold } from '../../../node/room/wifi-setting.ts'
import { decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import type { Entry } from '../../../protocols/journal.ts'
import { decodeWifi, WIFI_KIND, WIFI_TOPIC, wifiCode, wifiEntry, wifiProblem } from '../../../protocols/wifi-facts.ts'
import { refusal } from '../../fixtures/refusal.ts'
import { TestJournal } from '../collections/shared-journal.ts'

describe('a Wi-Fi', () => {
  test.each([
    ['Class', '', undefined],
    ['Class', '12345678', undefined],
    ['Class', 'x'.repeat(63), undefined],
    ['', '', undefined],
    ['é'.repeat(16), '', undefined],
    ['é'.repeat(17), '', 'name'],
    ['a\nb', '', 'name'],
    ['Class', '1234567', 'password'],
    ['Class', 'x'.repeat(64), 'password'],
    ['Class', '1234\u00005678', 'password'],
    ['', '12345678', 'password']
  ] as const)('%o with the password %o: %o is wrong', async (name, password, problem) => {
    expect(wifiProblem({ name, password })).toBe(problem)
    expect(decodeWifi({ name, password })).toEqual(problem ? undefined : { name, password })
    const setting = await WifiSetting.open(new TestJournal('a'))
    const answer = await setting.set({ name, password }).then(
      () => undefined,
      (error: { code: string }) => error.code
    )
    expect(answer).toBe(problem && `WIFI_${problem.toUpperCase()}_INVALID`)
    expect(setting.current).toEqual(problem || name === '' ? undefined : { name, password })
  })

  test('in a QR code keeps the characters that separate its parts', () => {
    expect(wifiCode({ name: 'a;b,c:d"e\\f', password: 'x;y' })).toBe('WIFI:T:WPA;S:a\\;b\\,c\\:d\\"e\\\\f;P:x\\;y;;')
    expect(wifiCode({ name: 'open', password: '' })).toBe('WIFI:T:nopass;S:open;;')
  })

  test('is for members only: a stick with the journal on it does not tell it', () => {
    expect(wifiEntry({ name: 'Class', password: 'secret-one' }).audience).toBe('nodes')
  })

  test('is the one that was written last, whatever the order of arrival', async () => {
    const names = ['one', 'two', 'three', 'four']
    const entries = names.map(
      (name, number): Entry => ({
        ...{ topic: WIFI_TOPIC, kind: WIFI_KIND, version: 1, body: { name, password: '' }, critical: false },
        ...{ node: 'n', writer: 'w', number, index: 0, lamport: number + 1 }
      })
    )
    fc.assert(
      fc.property(fc.shuffledSubarray([...entries, ...entries], { minLength: 8 }), (list) => {
        let state = wifiFold.empty()
        for (const entry of list) {
          wifiFold.apply(state, entry)
          state = wifiFold.load(decodeCbor(encodeCbor(wifiFold.save(state)), 10_000))
        }
        expect(state.newest?.wifi.name).toBe('four')
      })
    )
    const setting = await WifiSetting.open(new TestJournal('a'))
    await setting.set({ name: 'Class', password: '12345678' })
    expect(await refusal(() => setting.set({ name: 'Class', password: 'short' }))).toBe('WIFI_PASSWORD_INVALID')
    expect(setting.current?.password).toBe('12345678')
    await setting.set({ name: '', password: '' })
    expect(setting.current).toBeUndefined()
  })

  test('100,000 bodies: understood or left alone', () => {
    const value = fc.oneof(
      fc.string({ maxLength: 70 }),
      fc.integer(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 8 })
    )
    fc.assert(
      fc.property(fc.oneof(value, fc.record({ name: value, password: value })), (body) => {
        const wifi = decodeWifi(body as never)
        if (wifi) expect(wifiProblem(wifi)).toBeUndefined()
      }),
      { numRuns: 100_000 }
    )
  })
})
