/** Cloud peers and rooms as real processes, and what tests ask of them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CloudPeerStatus, CloudRoomStatus } from '../../node/control/operations.ts'
import { PATIENCE_MS, run, until } from '../kit/child.ts'
import { joinery, joineryJson, type NodePlace, NodeProcess, operationsOf } from '../kit/node-process.ts'
import { seededRandom } from '../kit/seeded-random.ts'

export interface Started extends AsyncDisposable {
  node: NodeProcess
  place: NodePlace
  meshPort: number
}

export async function startNode(place: NodePlace, words: readonly string[]): Promise<Started> {
  const node = await NodeProcess.start(place, [...words, '--no-discovery'])
  const { meshPort } = await node.status()
  return { node, place, meshPort, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() }
}

export const startCloud = (place: NodePlace, name = 'cloud', ...words: string[]): Promise<Started> =>
  startNode(place, ['--role', 'cloud', '--name', name, ...words])

export const startRoom = (place: NodePlace, room: string, name: string, ...words: string[]): Promise<Started> =>
  startNode(place, ['--new-room', room, '--name', name, ...words])

/** @param address `host:port` of the cloud peer, or of what stands before it */
export async function linkText(cloud: Started, address: string, uses = 1): Promise<string> {
  const words = ['cloud', 'invite', '--uses', String(uses), '--address', address]
  return (await joineryJson<{ text: string }>(cloud.place, words)).text
}

export const link = (room: Started, text: string, ...words: string[]): Promise<CloudPeerStatus> =>
  joineryJson<CloudPeerStatus>(room.place, ['cloud', 'link', text, ...words])

export const cloudsOf = (room: Started): Promise<CloudPeerStatus[]> => operationsOf(room.place).cloudStatus()

export const roomsAt = (cloud: Started): Promise<CloudRoomStatus[]> => operationsOf(cloud.place).cloudRooms()

/** Waits for what the room itself says of its cloud peer. */
export function cloudWhere(
  room: Started,
  what: string,
  holds: (cloud: CloudPeerStatus) => boolean,
  timeoutMs = PATIENCE_MS
): Promise<CloudPeerStatus> {
  return until(
    what,
    async () => {
      const [cloud] = await cloudsOf(room)
      if (cloud && holds(cloud)) return cloud
      throw new Error(`not yet: ${JSON.stringify(cloud)}`)
    },
    { timeoutMs }
  )
}

/** All that the room has is at its cloud peer. */
export const isDone = (leastBytes: number) => (cloud: CloudPeerStatus) =>
  cloud.state === 'linked' && cloud.journalDone && cloud.heldBytes >= leastBytes && cloud.leftFiles === 0

export async function importFolder(room: Started, folder: string): Promise<void> {
  await joinery(room.place, ['import', folder])
}

/** A learner with an account: signs in, makes a repository, and has stock git. */
export class Learner {
  readonly name: string
  readonly #code: string
  readonly #folder: string

  private constructor(name: string, code: string, folder: string) {
    this.name = name
    this.#code = code
    this.#folder = folder
  }

  static async add(room: Started, name: string, folder: string): Promise<Learner> {
    const { code } = await joineryJson<{ code: string }>(room.place, ['person', 'add', name])
    const learner = new Learner(name, code, folder)
    writeFileSync(learner.#answers, `#!/bin/sh\ncase "$1" in Username*) echo ${name} ;; *) echo ${code} ;; esac\n`, {
      mode: 0o700
    })
    return learner
  }

  get #answers(): string {
    return join(this.#folder, `answers-of-${this.name}`)
  }

  async makeRepository(node: NodeProcess, name: string): Promise<void> {
    const signedIn = await this.#post(node, '/sign-in', '', { name: this.name, code: this.#code })
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    const made = await this.#post(node, '/new', cookie, { name })
    if (made.status !== 303) throw new Error(`no repository: ${made.status}`)
  }

  /** Wants exit code 0. */
  async git(...words: string[]): Promise<string> {
    const set = [`user.name=${this.name}`, 'user.email=a@example.org', 'init.defaultBranch=main']
    const { stdout } = await run(['git', '-C', this.#folder, ...set.flatMap((one) => ['-c', one]), ...words], {
      env: {
        GIT_ASKPASS: this.#answers,
        GIT_TERMINAL_PROMPT: '0',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        HOME: this.#folder
      }
    })
    return stdout
  }

  async #post(node: NodeProcess, path: string, cookie: string, fields: Record<string, string>): Promise<Response> {
    const { origin } = new URL(node.address)
    const answer = await fetch(new URL(path, node.address), {
      method: 'POST',
      redirect: 'manual',
      headers: { origin, cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields)
    })
    await answer.arrayBuffer()
    return answer
  }
}

export const dataOf = (folder: string, name: string): NodePlace => ({ data: join(folder, name) })

/** Bytes that no compression makes smaller. */
export function noise(length: number, seed: number): Buffer {
  return Buffer.from(seededRandom(seed).bytes(length))
}
