import { plural } from '../../texts/plural.ts'
import type { RepositoryTexts } from '../texts.ts'

export const en: RepositoryTexts = {
  all: {
    title: 'Repositories',
    explain: 'Work that people of this room keep with git.',
    none: 'There are no repositories yet.'
  },
  ofPerson: {
    none: 'No repositories yet.',
    noneOfYours: 'You have no repositories yet. Make one, then push your work to it.'
  },
  create: {
    title: 'New repository',
    explain: 'It begins empty: what you push becomes its content.',
    name: 'Name of the repository',
    nameHint: 'Letters, digits, hyphens, dots and underscores, such as recipes.',
    button: 'Make the repository',
    another: 'New repository'
  },
  parts: { label: 'Parts of the repository', files: 'Files', commits: 'Commits', settings: 'Settings' },
  clone: {
    title: 'Address for git',
    explain: 'Use this address to clone the repository or to add it as a remote.',
    signIn: 'When you push, git asks for your name and your code.'
  },
  setup: {
    title: 'Quick setup',
    explain: 'The repository is empty. Choose what fits and type it into your terminal.',
    create: '…or create a new repository on the command line',
    push: '…or push an existing repository from the command line',
    clone: 'Get an empty copy and begin there'
  },
  branches: 'Branches',
  files: {
    name: 'Name',
    parent: 'Up to the folder above',
    empty: 'This folder is empty.',
    folder: 'folder',
    link: 'link',
    submodule: 'another repository',
    raw: 'The file as it is',
    binary: 'This file is no text: it cannot be shown here.',
    tooLarge: 'This file is too large to be shown here.'
  },
  commits: {
    title: 'Commits',
    count: plural('en', { one: '# commit', other: '# commits' }),
    none: 'There are no commits yet.',
    older: 'Older commits',
    by: (name) => `by ${name}`,
    browse: 'Files at this point',
    parents: 'Parents',
    id: 'Commit'
  },
  diff: {
    title: 'Changes',
    files: plural('en', { one: '# file changed', other: '# files changed' }),
    binary: 'No text: the change cannot be shown.',
    cut: 'There is more than can be shown here. Use git to see all of it.',
    renamed: (from) => `was ${from}`,
    added: 'added',
    removed: 'removed'
  },
  apart: {
    title: 'Two versions came together',
    explain: (branch, base) =>
      `While devices could not reach each other, ${base} got commits on both sides. Nothing is lost: the others are in the branch ${branch}.`,
    how: 'To bring them together, type'
  },
  collaborators: {
    title: 'Who may push',
    explain: 'Add people by their name. They may push at once.',
    none: 'Only you.',
    name: 'Name',
    add: 'Add',
    remove: (name) => `Remove ${name}`,
    owner: 'owner'
  },
  remove: {
    title: 'Delete this repository',
    explain: 'It disappears from every device for good. Copies that people have cloned stay theirs.',
    confirm: (name) => `To confirm, type its name: ${name}`,
    button: 'Delete the repository',
    notConfirmed: 'The name is not the same. Nothing was deleted.'
  },
  problems: {
    taken: 'You have a repository with this name already.',
    badName: 'Use letters, digits, hyphens, dots and underscores only, at most 64, and not .git at the end.',
    full: 'There is no place for more repositories. Remove one or ask the facilitator.',
    nobody: 'Nobody in this room has this name.',
    busy: 'The device is busy. Wait a moment and try again.'
  }
}
