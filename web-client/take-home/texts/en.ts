import { plural } from '../../texts/plural.ts'
import type { TakeHomeTexts } from '../texts.ts'

export const en: TakeHomeTexts = {
  title: 'Take it home',
  tagline: 'ZIP files for your computer. They need neither this room nor the internet.',
  download: 'Download',
  common: {
    title: 'Lessons and shared notes',
    explain: 'The lessons as web pages, the notes as text.',
    lessons: plural('en', { one: '# lesson file', other: '# lesson files' }),
    notes: plural('en', { one: '# note', other: '# notes' })
  },
  mine: {
    title: 'Your repositories',
    explain: 'The files as they are now, and everything with its history, ready for git.',
    signIn: 'Sign in to take your repositories home.',
    repositories: plural('en', { one: '# repository', other: '# repositories' })
  },
  leave: {
    title: 'Before you leave',
    explain: 'If you set your computer up for this room, undo it, or pip, R and git will look for the room at home.',
    undo: 'Undo the setup',
    remove: 'Delete my account'
  },
  wholeClass: {
    title: 'The whole class',
    explain: 'Every note, every repository and the list of people in one file. It may hold private work: keep it safe.',
    people: plural('en', { one: '# person', other: '# people' })
  },
  newClass: {
    title: 'Begin a new class',
    explain:
      'Notes, repositories and the accounts of learners and helpers leave every device of the room, also those that are off now. Devices, lessons, packages, settings and the accounts of facilitators stay.',
    first: 'First download the whole class above, to the end. Then the button appears here.',
    confirm: (word) => `To confirm, type: ${word}`,
    word: 'new class',
    button: 'Begin a new class',
    notConfirmed: 'The words are not the same. Nothing was removed.',
    changed:
      'Somebody worked after the download. Nothing was removed: ask everybody to stop, and download the class again.',
    failed: 'This did not work to the end. Download the class again and repeat it.',
    done: 'The room is ready for the next class.'
  }
}
