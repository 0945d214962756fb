import type { CloudPeerStatus, Operations, PeerStatus } from '../../node/control/operations.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { glanceOfOverview } from '../../protocols/room-glance.ts'
import { sampleRoom } from '../browser/sample-room.ts'

interface Call {
  name: string
  options: unknown
}

export interface FakeOperations {
  operations: Operations
  calls: Call[]
  /** Streams that were ended by the one who reads. */
  cancelled: string[]
}

const device = sampleRoom.devices[0] as (typeof sampleRoom.devices)[number]

/** Operations that remember what was asked and answer the same each time; `more` replaces single ones. */
export function fakeOperations(more: Partial<Operations> = {}): FakeOperations {
  const calls: Call[] = []
  const cancelled: string[] = []
  const peers: PeerStatus[] = sampleRoom.devices.map((one) => ({
    ...one,
    remoteAddresses: ['192.168.1.21']
  }))
  const removed = { id: device.id, name: device.name, lastBatches: 3 }
  const person = {
    id: '00112233445566778899aabbccddeeff',
    name: 'ana-maria',
    shownName: 'Ana María',
    role: 'learner' as const,
    mustChoose: false,
    sessions: 1
  }
  const version = {
    version: 'bafkqaaa1',
    device: 'pi-front',
    action: 'import' as const,
    files: 3,
    sizeBytes: 4_500,
    current: true,
    wallMs: 0
  }

  async function* items<Item>(name: string, list: readonly Item[], signal?: AbortSignal): AsyncGenerator<Item> {
    try {
      for (const item of list) {
        signal?.throwIfAborted()
        yield item
      }
    } finally {
      if (signal?.aborted) cancelled.push(name)
    }
  }

  const cloudPeer: CloudPeerStatus = {
    id: '12D3KooWcloud',
    name: 'cloud-one',
    addresses: ['/dns4/cloud.example.org/tcp/4417'],
    state: 'linked',
    breaks: 0,
    journalDone: true,
    leftChanges: 0,
    full: false,
    heldFiles: 3,
    heldBytes: 4_500,
    arrivedBytes: 2.5e6,
    leftFiles: 2,
    leftBytes: 10e6,
    leftRepositories: 1,
    wantedHereBytes: 0,
    usedBytes: 5e6,
    usedMinutes: 2,
    bytesPerSecond: 125_000,
    remainingMs: 80_000,
    budgetBytes: null,
    budgetMinutes: 30,
    budgetSpent: false
  }

  const operations: Operations = {
    wants: () => {
      return Promise.resolve([
        {
          ...{ collection: 'pypi', name: 'torch', target: 'Python 3.12, macOS arm64', runs: 'Python' as const },
          ...{
            version: '3.12',
            system: 'macOS',
            cpu: 'arm64',
            count: 5,
            learners: 2,
            who: ['192.168.1.30', '192.168.1.31']
          }
        }
      ])
    },
    fetchWants: (options, signal) => {
      calls.push({ name: 'fetchWants', options })
      const want = { collection: 'pypi', name: 'torch', target: 'Python 3.12, macOS arm64', bytes: 0, files: [] }
      return items('fetchWants', [{ kind: 'done', result: { wants: [{ ...want, state: 'here' }] } }], signal)
    },
    wantFetching: async () => ({ automatic: false, isRunning: false, usedBytes: 5e6, budgetBytes: 2e9 }),
    setWantFetching: async (options) => {
      calls.push({ name: 'setWantFetching', options })
      return { automatic: true, isRunning: false, usedBytes: 5e6, budgetBytes: 2e9 }
    },
    stickItems: (_options, signal) => {
      return items('stickItems', [{ kind: 'edition', edition: 'one' }], signal)
    },
    classArchive: (options, signal) => {
      calls.push({ name: 'classArchive', options })
      return items(
        'classArchive',
        [
          { kind: 'bytes', base64: Buffer.from('archive').toString('base64') },
          { kind: 'done', state: 'f00d' }
        ],
        signal
      )
    },
    newClass: async (options) => {
      calls.push({ name: 'newClass', options })
      return { people: 3, notes: 2, repositories: 1 }
    },
    glance: () => Promise.resolve(glanceOfOverview(sampleRoom)),
    watch: (_options, signal) => items('watch', [{ whole: glanceOfOverview(sampleRoom) }], signal),
    ready: (_options, signal) =>
      items(
        'ready',
        [
          {
            kind: 'done',
            result: {
              ready: false,
              devices: [
                {
                  ...{ id: device.id, name: device.name, address: 'http://192.168.1.20:8080' },
                  steps: [
                    { step: 'pip', outcome: 'ok', tookMs: 1_200, detail: 'numpy-2.0.0-py3-none-any.whl' },
                    { step: 'r', outcome: 'missing', tookMs: 3 },
                    { step: 'git', outcome: 'failed', tookMs: 900, detail: 'git push failed: remote rejected' }
                  ]
                }
              ]
            }
          }
        ],
        signal
      ),
    stickBytes: (_options, signal) => {
      return items('stickBytes', [], signal)
    },
    status: () =>
      Promise.resolve({
        version: '0.1.0',
        device: { id: device.id, name: device.name, role: device.role },
        room: { id: 'mfrggzdfmztwq2lk', name: 'Library workshop' },
        addresses: ['http://192.168.1.20:8080/'],
        httpPort: 8080,
        meshPort: 4417,
        meshAddresses: [],
        uptimeMs: 200_000,
        overview: sampleRoom,
        journal: { batches: 12_345, bytes: 700_000, writers: 4, forks: 0 },
        blobs: { held: 1_834, heldBytes: 11.2e9, missing: 0, missingBytes: 0, quarantined: 0, freeDiskBytes: 20e9 },
        memoryBytes: 90e6,
        problems: [{ code: 'TIMED_OUT', text: 'pi-back does not answer', next: 'Look whether it is switched on.' }]
      }),
    peers: () => Promise.resolve(peers),
    neighbours: () => Promise.resolve(sampleRoom.neighbours),
    doctor: (_options, signal) =>
      items(
        'doctor',
        [
          { level: 'ok', code: 'OK', text: 'the disk is fine' },
          { level: 'problem', code: 'TIMED_OUT', text: 'nobody is found nearby', next: 'Try a cable.' }
        ],
        signal
      ),
    people: () => Promise.resolve([person]),
    addPerson: ({ name, role }) =>
      Promise.resolve({ person: { ...person, shownName: name, role }, code: 'hkt4-mw7x-9bpq' }),
    removePerson: () => Promise.resolve(person),
    setRole: ({ role }) => Promise.resolve({ ...person, role }),
    recoverPerson: () => Promise.resolve({ person, code: 'hkt4-mw7x-9bpq' }),
    signUp: () => Promise.resolve({ open: true }),
    setSignUp: ({ open }) => Promise.resolve({ open }),
    newCode: () => Promise.resolve({ person, code: 'hkt4-mw7x-9bpq' }),
    createRoom: ({ name }) => Promise.resolve({ roomId: 'mfrggzdfmztwq2lk', name, device: device.name }),
    invite: ({ uses }) => Promise.resolve({ text: 'JOIN-ABCDEF', uses, roomId: 'mfrggzdfmztwq2lk', id: 'token1' }),
    join: ({ invitation }) =>
      invitation === 'JOIN-ABCDEF'
        ? Promise.resolve({ roomId: 'mfrggzdfmztwq2lk', name: 'Library workshop', device: device.name })
        : Promise.reject(new JoineryError('MALFORMED', 'the invitation is mistyped')),
    nearbyRooms: () =>
      Promise.resolve([
        {
          roomId: 'mfrggzdfmztwq2lk',
          name: 'Library workshop',
          devices: [{ id: 'x', name: 'pi-front', address: '192.168.1.20' }]
        }
      ]),
    askToJoin: (_options, signal) =>
      items(
        'askToJoin',
        [
          { kind: 'asking', device: 'pi-front', address: '192.168.1.20' },
          { kind: 'code', code: '402771', device: 'pi-front' },
          { kind: 'joined', roomId: 'mfrggzdfmztwq2lk', name: 'Library workshop' }
        ],
        signal
      ),
    askers: () => Promise.resolve(sampleRoom.waiting),
    approve: ({ device: id }) => Promise.resolve({ id, name: 'pi-spare' }),
    remove: () => Promise.resolve(removed),
    stolen: () =>
      Promise.resolve({ ...removed, revokedInvitations: [{ id: 'token1', uses: 10, usesLeft: 7 }], toCheck: [] }),
    leave: (_options, signal) =>
      items('leave', [{ kind: 'done', result: { drained: true, movedFiles: 3, movedBytes: 4_500 } }], signal),
    safeToUnplug: () =>
      Promise.resolve({
        id: device.id,
        name: 'pi-window',
        safe: false,
        reason: 'it still copies',
        onlyHereFiles: 12,
        onlyHereBytes: 4e6,
        remainingMs: 90_000
      }),
    import: (_options, signal) =>
      items(
        'import',
        [
          {
            kind: 'step',
            phase: 'reading',
            doneFiles: 1,
            totalFiles: 3,
            doneBytes: 1_500,
            totalBytes: 4_500,
            current: 'a.whl'
          },
          {
            kind: 'notice',
            level: 'problem',
            code: 'MALFORMED',
            text: 'is cut short',
            path: 'b.whl',
            next: 'Download it again.'
          },
          {
            kind: 'done',
            result: {
              collections: [
                { collection: 'pypi', added: 2, updated: 0, unchanged: 5, addedBytes: 3_000, version: 'bafkqaaa1' }
              ],
              refused: 1
            }
          }
        ],
        signal
      ),
    collections: () =>
      Promise.resolve([
        {
          name: 'lessons',
          files: 3,
          sizeBytes: 4_500,
          heldFiles: 3,
          heldBytes: 4_500,
          version: 'bafkqaaa1',
          policy: { kind: 'everywhere' },
          shortOfCopies: 0
        }
      ]),
    ls: ({ collection, after }) => {
      const file = (path: string) => ({ collection, path, sizeBytes: 1_500, cid: 'bafkrei', here: true, copies: 2 })
      return Promise.resolve(
        after === undefined ? { files: [file('a'), file('b')], more: true } : { files: [file('c')], more: false }
      )
    },
    removePath: () => Promise.resolve({ removed: 1, version: 'bafkqaaa2' }),
    history: () => Promise.resolve([version]),
    rollback: ({ version: named }) => Promise.resolve({ ...version, version: named, action: 'rollback' }),
    policies: () => Promise.resolve([{ target: 'lessons', policy: { kind: 'everywhere' }, standard: true }]),
    setPolicy: ({ target, policy }) =>
      Promise.resolve({ target, policy: policy ?? { kind: 'everywhere' }, standard: policy === null }),
    cloudInvite: ({ uses }) =>
      Promise.resolve({ text: 'JOINERY-CLOUD:ABC', uses, addresses: ['/dns4/cloud.example.org/tcp/4417'] }),
    cloudRooms: () =>
      Promise.resolve([
        {
          id: 'mfrggzdfmztwq2lk',
          name: 'Library workshop',
          open: true,
          devices: 2,
          diskBytes: 3.4e9,
          missingFiles: 3,
          missingBytes: 4_500,
          unlinked: false
        }
      ]),
    cloudLink: () => Promise.resolve(cloudPeer),
    cloudUnlink: () => Promise.resolve(cloudPeer),
    cloudStatus: () => Promise.resolve([cloudPeer]),
    setCloudBudget: ({ budgetBytes, budgetMinutes }) => Promise.resolve({ ...cloudPeer, budgetBytes, budgetMinutes }),
    verify: (_options, signal) =>
      items(
        'verify',
        [
          {
            kind: 'done',
            result: { files: 3, bytes: 4_500, rotten: [{ cid: 'bafkrei', path: 'lessons/a', repaired: false }] }
          }
        ],
        signal
      ),
    gc: (_options, signal) =>
      items('gc', [{ kind: 'done', result: { removedFiles: 1, removedBytes: 1_500, removedPartials: 0 } }], signal),
    ...more
  }
  for (const name of Object.keys(operations) as (keyof Operations)[]) {
    const inner = operations[name].bind(operations) as (...all: unknown[]) => unknown
    Object.assign(operations, {
      [name]: (options: unknown, signal: unknown) => {
        calls.push({ name, options: options ?? {} })
        return inner(options, signal)
      }
    })
  }
  return { operations, calls, cancelled }
}
