/** A facilitator who is locked out: what the file on the boot drive may look like, and whose code it renews. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_RESET_FILE_BYTES, nameInResetFile } from '../../../node/people/reset-file.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { refusal } from '../../fixtures/refusal.ts'
import { meet, peopleNode } from './people-kit.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const utf16 = (text: string): Uint8Array => Buffer.from(`\ufeff${text}`, 'utf16le')
const bigEndian = (text: string): Uint8Array => Buffer.from(utf16(text)).swap16()

describe('the file on the boot drive', () => {
  test.each([
    ['a name', utf8('ana-maria'), 'ana-maria'],
    ['a line of Windows', utf8('Ana María\r\n'), 'Ana María'],
    ['a byte order mark', utf8('\ufeffana'), 'ana'],
    ['the UTF-16 of Notepad', utf16('Ana María\r\n'), 'Ana María'],
    ['UTF-16 of the other order', bigEndian('ana\n'), 'ana'],
    ['blanks and remarks around it', utf8('\n\n # whose?\n\t ana \nbo\n'), 'ana'],
    ['nothing', utf8(''), undefined],
    ['a mark and nothing else', utf16(''), undefined],
    ['blank lines', utf8('\r\n \r\n'), undefined]
  ])('names somebody: %s', (_, bytes, name) => {
    expect(nameInResetFile(bytes)).toBe(name)
  })

  test('passes at its limit and not one past it', () => {
    expect(nameInResetFile(utf8(`ana\n${'#'.repeat(MAX_RESET_FILE_BYTES - 4)}`))).toBe('ana')
    expect(() => nameInResetFile(new Uint8Array(MAX_RESET_FILE_BYTES + 1).fill(97))).toThrow(/more than 4096 bytes/)
  })

  test.each([
    ['a picture', Buffer.from('89504e470d0a1a0a0000', 'hex')],
    ['zeros', new Uint8Array(64)],
    ['text of another time', Buffer.from('Mar\xeda', 'latin1')],
    ['a terminal’s orders', utf8('\u001b[2Jana')]
  ])('is refused when it is no text: %s', (_, bytes) => {
    expect(() => nameInResetFile(bytes)).toThrow(expect.objectContaining({ code: 'RESET_FILE_UNREADABLE' }))
  })

  test('is read or refused with a code, whatever is in it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          nameInResetFile(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(JoineryError)
        }
      }),
      { numRuns: 20_000 }
    )
  })
})

describe('whoever is locked out', () => {
  test('gets a new code by name; the old one and all sessions end', async () => {
    const { people } = await peopleNode('a')
    const { person, code } = await people.add({ shownName: 'Ana María', role: 'facilitator' })
    await people.openSession(person.id)
    const renewed = await people.recover('Ana María')
    expect(renewed.person.id).toBe(person.id)
    expect(people.sessionCount(person.id)).toBe(0)
    expect(await refusal(() => people.withPassword('ana-maria', code, 'x'))).toBe('SIGN_IN_FAILED')
    expect((await people.withPassword('ana-maria', renewed.code, 'x')).id).toBe(person.id)
    expect(await refusal(() => people.recover('nobody'))).toBe('NO_SUCH_PERSON')
    expect(await refusal(() => people.recover('日本'))).toBe('NO_SUCH_PERSON')
  })

  test('without a name is the first facilitator, or a new one where there is none', async () => {
    const { people } = await peopleNode('a')
    await people.add({ shownName: 'Facilitator' })
    const made = await people.recover(undefined)
    expect(made.person).toMatchObject({ name: 'facilitator-2', role: 'facilitator' })
    await people.add({ shownName: 'Aaron', role: 'facilitator' })
    const again = await people.recover(undefined)
    expect(again.person.id).toBe(made.person.id)
    expect((await people.withPassword('facilitator-2', again.code, 'x')).id).toBe(made.person.id)
  })

  test('is named on every device with the one whose card it was, until another code is given', async () => {
    const [left, right] = [await peopleNode('a'), await peopleNode('b')]
    const named = () =>
      [left, right].map(({ people }) => people.recovered().map(({ person, node }) => [person.name, node]))
    const { person } = await left.people.add({ shownName: 'Ana', role: 'facilitator' })
    await left.people.newCode(person.id)
    meet(left, right)
    expect(named()).toEqual([[], []])
    const { code } = await right.people.recover('ana')
    meet(left, right)
    expect(named()).toEqual([[['ana', 'b']], [['ana', 'b']]])
    // Whoever has the card can sign in with it: that says nothing, and hides nothing.
    await left.people.withPassword('ana', code, 'x')
    await left.people.openSession(person.id)
    meet(left, right)
    expect(named()).toEqual([[['ana', 'b']], [['ana', 'b']]])
    const [written] = right.journal.entries.filter(({ kind }) => kind === 'person-recovered')
    const together = right.journal.entries.filter((one) => one.node === 'b' && one.number === written?.number)
    expect(together.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['person-code', 'person-recovered']))
    await left.people.newCode(person.id)
    meet(left, right)
    expect(named()).toEqual([[], []])
    await left.people.recover(undefined)
    meet(left, right)
    expect(named()).toEqual([[['ana', 'a']], [['ana', 'a']]])
    await right.people.add({ shownName: 'Bo', role: 'facilitator' })
    await right.people.remove(person.id)
    meet(left, right)
    expect(named()).toEqual([[], []])
  })

  test('is named too where an account had to be made, and still after a restart', async () => {
    const node = await peopleNode('a')
    await node.people.recover(undefined)
    const people = await node.restart()
    expect(people.recovered()).toMatchObject([{ person: { name: 'facilitator' }, node: 'a' }])
  })
})
