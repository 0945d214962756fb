import { expect, test } from 'vitest'
import { listRepositories, type RepositoryFacts, repositoryFold } from '../../../node/git/agreement/repository-fold.ts'
import {
  COLLABORATOR_KIND,
  deviceSlug,
  encodeCollaboratorSet,
  encodeRepositoryMade,
  encodeRepositoryRemoved,
  REPOSITORIES_TOPIC,
  REPOSITORY_MADE_KIND,
  REPOSITORY_REMOVED_KIND
} from '../../../protocols/git-facts.ts'
import { isRepositoryName, isVisibleRef, MAX_REF_BYTES } from '../../../protocols/git-names.ts'
import type { Entry } from '../../../protocols/journal.ts'

const ANA = 'aa'.repeat(16)
const BEN = 'bb'.repeat(16)
const idOf = (digit: number): string => digit.toString(16).repeat(32)

function entry(lamport: number, kind: string, body: Entry['body']): Entry {
  const place = { writer: 'w', number: lamport, index: 0, lamport, node: 'n' }
  return { ...place, topic: REPOSITORIES_TOPIC, kind, version: 1, critical: false, body }
}

function made(lamport: number, digit: number, name: string, owner = ANA): Entry {
  return entry(lamport, REPOSITORY_MADE_KIND, encodeRepositoryMade({ id: idOf(digit), owner, name }))
}

function fold(entries: readonly Entry[]): RepositoryFacts {
  const state = repositoryFold.empty()
  for (const one of entries) repositoryFold.apply(state, one)
  return state
}

function names(entries: readonly Entry[]): Record<string, string> {
  return Object.fromEntries([...listRepositories(fold(entries)).values()].map(({ id, name }) => [id[0], name]))
}

test('of two repositories with one name both stay; the later one gets a suffix, in any order of arrival', () => {
  const two = [made(1, 1, 'recipes'), made(2, 2, 'Recipes')]
  expect(names(two)).toEqual({ 1: 'recipes', 2: 'Recipes-2' })
  expect(names([...two].reverse())).toEqual({ 1: 'recipes', 2: 'Recipes-2' })
  expect(names([made(1, 1, 'recipes'), made(2, 2, 'recipes', BEN)])).toEqual({ 1: 'recipes', 2: 'recipes' })
})

test('a suffix takes no name that somebody chose, and fits where the name was as long as it may be', () => {
  const three = [made(1, 1, 'recipes'), made(2, 2, 'recipes'), made(3, 3, 'recipes-2')]
  expect(names(three)).toEqual({ 1: 'recipes', 2: 'recipes-3', 3: 'recipes-2' })
  const long = 'x'.repeat(64)
  for (const name of Object.values(names([made(1, 1, long), made(2, 2, long)])))
    expect(isRepositoryName(name)).toBe(true)
})

test('a removed repository frees its name, and does not come back by an entry that was late', () => {
  const removed = entry(3, REPOSITORY_REMOVED_KIND, encodeRepositoryRemoved(idOf(1)))
  expect(names([removed, made(1, 1, 'recipes'), made(2, 2, 'recipes')])).toEqual({ 2: 'recipes' })
})

test('the last word about a collaborator counts', () => {
  const set = (lamport: number, may: boolean): Entry =>
    entry(lamport, COLLABORATOR_KIND, encodeCollaboratorSet({ id: idOf(1), person: BEN, may }))
  const list = (entries: Entry[]) => listRepositories(fold(entries)).get(idOf(1))?.collaborators
  expect(list([made(1, 1, 'a'), set(3, false), set(2, true)])).toEqual([])
  expect(list([made(1, 1, 'a'), set(2, false), set(3, true)])).toEqual([BEN])
})

test('what is saved is what is loaded', () => {
  const state = fold([
    made(1, 1, 'a'),
    entry(2, COLLABORATOR_KIND, encodeCollaboratorSet({ id: idOf(1), person: BEN, may: true })),
    entry(3, REPOSITORY_REMOVED_KIND, encodeRepositoryRemoved(idOf(2)))
  ])
  expect(repositoryFold.load(repositoryFold.save(state))).toEqual(state)
})

test('names of refs: what git takes below heads and tags, printable, and no longer than a page shows', () => {
  const longest = `refs/heads/${'x'.repeat(MAX_REF_BYTES - 11)}`
  for (const good of ['refs/heads/main', 'refs/tags/v1.0', 'refs/heads/a/b', 'refs/heads/ñandú', longest])
    expect([good, isVisibleRef(good)]).toEqual([good, true])
  const bad = ['HEAD', 'refs/heads/', 'refs/mesh/x', 'refs/heads/a..b', 'refs/heads/a.lock', 'refs/heads/-x', 'refs/x']
  const worse = [
    'refs/heads/a b',
    'refs/heads/a\nb',
    'refs/heads/a\u202eb',
    'refs/heads/a//b',
    'refs/heads/.a',
    `${longest}x`
  ]
  for (const name of [...bad, ...worse]) expect([name, isVisibleRef(name)]).toEqual([name, false])
})

test('any name of a device becomes the end of a branch name', () => {
  expect(deviceSlug('Pi 2 (Küche)')).toBe('pi-2-ku-che')
  expect(deviceSlug('教室')).toBe('device')
  for (const name of ['', '--', 'x'.repeat(100), 'a.lock', '../..'])
    expect(isVisibleRef(`refs/heads/main-from-${deviceSlug(name)}`)).toBe(true)
})

test('names of repositories: a plain word of at most 64 characters, and nothing that a disk, a shell or git would read otherwise', () => {
  for (const name of ['recipes', 'a', '_x', 'Data-2.1', 'a.b_c-d', 'x'.repeat(64)])
    expect(isRepositoryName(name), name).toBe(true)
  const wrong = [
    '',
    '.',
    '..',
    '.git',
    'a.git',
    'A.GIT',
    'x.lock',
    'a..b',
    'a.',
    '-x',
    '--upload-pack=x',
    'a/b',
    'a\\b',
    'a b'
  ]
  const odd = ['a\0', 'a\n', 'ñandú', 'a%2f', '~a', 'a:b', 'a*', '$(id)', '`id`', 'a\u202eb', 'x'.repeat(65)]
  for (const name of [...wrong, ...odd]) expect(isRepositoryName(name), JSON.stringify(name)).toBe(false)
})
