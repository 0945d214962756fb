/** A repository that stands still: everything that its pages can show occurs once. */
import type { RepositoryHost } from '../../../node/http/repository-door.ts'
import type { ObjectId, Repository } from '../../../protocols/git.ts'

export const TIP: ObjectId = '7a1b9c3d5e7f90112233445566778899aabbccdd'
const EARLIER: ObjectId = '0011223344556677889900112233445566778899'
/** 2026-11-24 09:00 UTC */
export const NOW_MS = Date.UTC(2026, 10, 24, 9)

const FILES = new Map<string, Buffer>([
  [
    'README.md',
    Buffer.from(
      '# Recipes\n\nWhat we **cook**, see [salsa](salsa.md).\n\n- avocado\n- lime\n\n`git pull` first.\n\n<script>alert(1)</script> [bad](javascript:alert(1)) ![logo](pictures/logo.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n'
    )
  ],
  ['guacamole.md', Buffer.from('# Guacamole\n\n## Ingredients\n\n* avocado\n* lime\n* salt\n')],
  ['data/prices.csv', Buffer.from('item,price\navocado,1.2\nlime,0.4\n')],
  ['pictures/logo.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3])],
  ['page.html', Buffer.from('<!doctype html><script>document.title = "ran"</script>text')]
])

/** @param owner of the repositories `recipes` (with content) and `empty` */
export function sampleHost(
  owner: string
): RepositoryHost & { made: string[]; collaborators: string[]; removed: string[] } {
  const made: string[] = []
  const collaborators: string[] = []
  const removed: string[] = []
  const repositories = (): Repository[] => every().filter(({ id }) => !removed.includes(id))
  const every = (): Repository[] => [
    { id: 'a'.repeat(32), owner, name: 'recipes', collaborators },
    { id: 'b'.repeat(32), owner, name: 'empty', collaborators: [] },
    ...made.map((name, at) => ({ id: String(at).repeat(32), owner, name, collaborators: [] }))
  ]
  const refs = new Map([
    ['refs/heads/main', TIP],
    ['refs/heads/main-from-pi-2', EARLIER],
    ['refs/heads/feature/spices', EARLIER],
    ['refs/tags/v1', EARLIER]
  ])
  const line = { authorName: 'Alfredo Linguini', authoredS: NOW_MS / 1000 - 3 * 3_600 }
  return {
    made,
    collaborators,
    removed,
    directory: {
      repository: (id) => repositories().find((one) => one.id === id),
      find: (by, name) => repositories().find((one) => one.owner === by && one.name === name),
      ofOwner: (by) => repositories().filter((one) => one.owner === by),
      create: async (by, name) => {
        made.push(name)
        return { id: 'c'.repeat(32), owner: by, name, collaborators: [] }
      },
      setCollaborator: async (_id, person, may) => {
        if (may) collaborators.push(person)
        else collaborators.splice(collaborators.indexOf(person), 1)
      },
      remove: async (id) => void removed.push(id),
      refs: (id) => (id === 'a'.repeat(32) ? refs : new Map()),
      onChange: () => () => undefined
    },
    reading: {
      async folder(_repository, _commit, path) {
        const inside = path === '' ? '' : `${path}/`
        const names = [...FILES.keys()]
          .filter((file) => file.startsWith(inside))
          .map((file) => file.slice(inside.length))
        if (names.length === 0) return undefined
        const folders = new Set(names.filter((name) => name.includes('/')).map((name) => name.split('/')[0] ?? ''))
        return {
          cut: false,
          entries: [
            ...[...folders].map((name) => ({ name, kind: 'folder' as const })),
            ...names
              .filter((name) => !name.includes('/'))
              .map((name) => ({ name, kind: 'file' as const, sizeBytes: FILES.get(inside + name)?.length ?? 0 }))
          ]
        }
      },
      async file(_repository, _commit, path, mostBytes) {
        const bytes = FILES.get(path)
        return bytes && { sizeBytes: bytes.length, bytes: bytes.subarray(0, mostBytes) }
      },
      commits: async () => [
        { ...line, id: TIP, subject: 'Modify guacamole to the traditional recipe' },
        { ...line, id: EARLIER, subject: 'Create a template for recipe', authoredS: line.authoredS - 86_400 * 3 }
      ],
      commit: async (_repository, id) =>
        id === TIP
          ? {
              ...line,
              id,
              subject: 'Modify guacamole to the traditional recipe',
              body: 'Lime instead of lemon, as my grandmother does.',
              parents: [EARLIER],
              cut: false,
              files: [
                {
                  path: 'guacamole.md',
                  binary: false,
                  added: 2,
                  removed: 1,
                  lines: [
                    '@@ -1,5 +1,6 @@',
                    ' # Guacamole',
                    ' ## Ingredients',
                    '-* lemon',
                    '+* lime',
                    '+* salt',
                    ' * avocado'
                  ]
                },
                { path: 'pictures/logo.png', oldPath: 'logo.png', binary: true, added: 0, removed: 0, lines: [] }
              ]
            }
          : undefined
    }
  }
}
