import { describe, expect, test } from 'vitest'
import '../../../node/daemon.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { UNPLUG_REASONS } from '../../../protocols/unplug-code.ts'
import { LANGUAGES, type Language } from '../../../web-client/languages.ts'
import { renderContentPage } from '../../../web-client/room/content-page.ts'
import { renderTop } from '../../../web-client/room/device-card.ts'
import { IMPORT_PROBLEM_CODES, importWordsIn } from '../../../web-client/room/import-texts.ts'
import { roomContext } from '../../../web-client/room/room-context.ts'
import { unplugWordsIn } from '../../../web-client/room/unplug-texts.ts'

/** Undefined, empty or twice the same would all make it smaller. */
function differentWords(wordsIn: (language: Language) => string | undefined): number {
  return new Set(LANGUAGES.map(wordsIn).filter(Boolean)).size
}

test.each(Object.keys(UNPLUG_REASONS))('why a device stays plugged in has words in every language: %s', (code) => {
  expect(differentWords((language) => unplugWordsIn(language, code))).toBe(LANGUAGES.length)
})

test('the page and the command line give the same reason in English', () => {
  for (const [code, reason] of Object.entries(UNPLUG_REASONS)) expect(unplugWordsIn('en', code)).toBe(reason)
})

test.each(IMPORT_PROBLEM_CODES)('a problem of adding has words in every language: %s', (code) => {
  expect(differentWords((language) => importWordsIn(language, code, 'a.zip'))).toBe(LANGUAGES.length)
  expect(new JoineryError(code, 'of the program').next).not.toBe('')
})

test.each(['', 'FROM_THE_FUTURE', 'constructor'])('a code that nobody knows has no words: %s', (code) => {
  expect([unplugWordsIn('es', code), importWordsIn('es', code, 'a.zip')]).toEqual([undefined, undefined])
})

test.each(LANGUAGES)(
  'the card of a device says why it stays plugged in, in the language of its reader: %s',
  (language) => {
    const device = {
      ...{
        id: 'pi',
        name: 'pi',
        role: 'node' as const,
        self: true,
        connected: true,
        leaving: false,
        needsUpdate: false
      },
      ...{
        capacityBytes: 1,
        usedBytes: 0,
        heldFiles: 1,
        wantedFiles: 1,
        missingBytes: 0,
        safeToUnplug: false,
        sees: [],
        warnings: []
      }
    }
    const context = roomContext({ language, helps: true, mayChange: false })
    const cardOf = (unplugCode: string): string =>
      renderTop({ ...device, unplugCode, unplugReason: 'as the program says it' }, { devices: [] }, context).html
    expect(cardOf('only-here')).toContain(unplugWordsIn(language, 'only-here'))
    expect(cardOf('only-here')).not.toContain('the program')
    expect(cardOf('from-the-future')).toContain('as the program says it')
  }
)

describe('the page of what was added', () => {
  const page = (language: Language, code: string): string =>
    renderContentPage(
      {
        what: '<b>.zip',
        isRunning: false,
        problem: { code, text: 'as the program says it', next: 'what the program advises' }
      },
      { language, system: 'other', path: '/room/content' }
    )

  test.each(LANGUAGES)(
    'says a known problem in the language of its reader, and the exact place as the program does: %s',
    (language) => {
      const shown = page(language, 'ARCHIVE_BROKEN')
      expect(shown).toContain(importWordsIn(language, 'ARCHIVE_BROKEN', '&lt;b&gt;.zip'))
      expect(shown).toContain('<p class="faint" lang="en">as the program says it</p>')
      expect(shown).not.toContain('the program advises')
      expect(shown).not.toContain('<b>.zip')
    }
  )

  test('keeps the sentence of the program for any other', () => {
    const shown = page('es', 'MANIFEST_WRONG')
    expect(shown).toContain('as the program says it')
    expect(shown).toContain('what the program advises')
  })
})
