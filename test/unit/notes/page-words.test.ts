import { expect, test } from 'vitest'
import { LANGUAGES } from '../../../web-client/languages.ts'
import { cleanName, initialsOf, LOOKS, readPerson } from '../../../web-client/notes/people.ts'
import { readOrigins } from '../../../web-client/notes/room-origins.ts'
import { ALONE_AFTER_MS, describeSaving, type SavingFigures } from '../../../web-client/notes/saving-state.ts'
import { notePagePolicy, renderNoteShell } from '../../../web-client/notes/shell.ts'
import { noteTextsIn } from '../../../web-client/notes/texts.ts'

const texts = noteTextsIn('en')
const all: SavingFigures = { connection: 'open', unsaved: false, saved: true, devices: 1, sinceSavedMs: 0, kept: true }

test('the page says "saved" only of what is, and where', () => {
  const words = (change: Partial<SavingFigures>): string => describeSaving({ ...all, ...change }, texts).text
  expect(words({ devices: 3 })).toBe('Saved on 3 devices')
  expect(words({})).toBe('Saved')
  expect(words({ sinceSavedMs: ALONE_AFTER_MS - 1 })).toBe('Saved')
  expect(words({ sinceSavedMs: ALONE_AFTER_MS })).toBe('Saved on this device only')
  expect(words({ saved: false })).toBe('Everything is up to date')
})

test('in no language and in no state is unsaved text called saved', () => {
  for (const language of LANGUAGES) {
    const words = noteTextsIn(language)
    const saved = [words.savedHere, words.savedHereOnly, words.savedOn(2), words.savedOn(1)]
    for (const connection of ['connecting', 'open', 'closed'] as const)
      for (const kept of [true, false])
        for (const devices of [1, 2]) {
          const said = describeSaving(
            { connection, kept, devices, unsaved: true, saved: true, sinceSavedMs: 0 },
            words
          ).text
          expect(saved, `${language} ${connection}`).not.toContain(said)
        }
  }
})

test('what others say of themselves is cut, cleaned, and never an error', () => {
  expect(readPerson({ user: { name: ' Ada\u202e\n Lovelace ', look: 3 } }, 'Guest')).toEqual({
    name: 'Ada Lovelace',
    look: 3
  })
  expect(cleanName('x'.repeat(100))).toHaveLength(40)
  for (const state of [
    null,
    7,
    [],
    {},
    { user: 7 },
    { user: { name: 7, look: 'red' } },
    { user: { look: 1e9 } },
    { user: { look: -3 } }
  ]) {
    const person = readPerson(state, 'Guest')
    expect(person.name).toBe('Guest')
    expect(person.look >= 0 && person.look < LOOKS, JSON.stringify(state)).toBe(true)
  }
})

test('a badge has one or two letters', () => {
  expect(['Ada Lovelace', 'ada', 'Ada de la Cruz', '🙂 x', ''].map(initialsOf)).toEqual(['AL', 'A', 'AC', '🙂X', '?'])
})

test('other devices are read from the overview, and nothing else is', () => {
  const devices = [
    { address: 'http://192.168.1.2:8080/' },
    { address: 'javascript:alert(1)' },
    { address: 7 },
    {},
    null,
    { address: 'http://10.0.0.1/x' }
  ]
  expect(readOrigins({ devices })).toEqual(['http://192.168.1.2:8080', 'http://10.0.0.1'])
  expect(readOrigins(null)).toEqual([])
})

test('the page has no inline script and no inline style, and its policy allows none', () => {
  const html = renderNoteShell({
    language: 'fr',
    nonce: 'n0nce',
    script: '/a.js',
    styles: ['/a.css'],
    preloads: ['/b.js']
  })
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/)
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/)
  expect(html).toContain('<html lang="fr"')
  const policy = notePagePolicy('n0nce')
  expect(policy).not.toMatch(/unsafe/)
  expect(policy).toContain("script-src 'self';")
})
