import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import ssh2, { type Client, type ClientChannel } from 'ssh2'
import { afterEach, describe, expect, test } from 'vitest'
import { pktLine } from '../../../node/git/pkt-line.ts'
import { makeHostKey } from '../../../node/git/ssh/host-key.ts'
import { HEARING_PATIENCE_MS, MAX_OFFERED_KEYS, MAX_SESSIONS_PER_CONNECTION } from '../../../node/git/ssh/limits.ts'
import '../../../node/http/errors.ts'
import { GitSsh, type GitSshComponents, type GitSshInit, type SshHost } from '../../../node/git/ssh/ssh-server.ts'
import { type Clock, systemClock } from '../../../node/platform/clock.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import type { GitService, Repository } from '../../../protocols/git.ts'
import type { Person } from '../../../protocols/people.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

describe('the port', () => {
  const ends: (() => void | Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  const start = async (
    init: Partial<GitSshInit> = {},
    host?: SshHost,
    components: Partial<GitSshComponents> = {}
  ): Promise<{ ssh: GitSsh; port: number }> => {
    const folder = temporaryFolder()
    ends.push(() => folder[Symbol.dispose]())
    const ssh = new GitSsh(
      { disk: nodeDisk, clock: systemClock, host: () => host, onProblem: () => undefined, ...components },
      { port: 0, host: '127.0.0.1', hostKeyPath: `${folder.path}/ssh/host-key`, ...init }
    )
    const { port } = await ssh.start()
    ends.push(() => ssh.stop())
    return { ssh, port }
  }
  const dial = (port: number): { socket: Socket; closed: Promise<string>; greeted: Promise<void> } => {
    const socket = connect({ port, host: '127.0.0.1' })
    ends.push(() => void socket.destroy())
    let text = ''
    const greeted = new Promise<void>((resolve) =>
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1')
        resolve()
      })
    )
    const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
    socket.on('error', () => undefined)
    return { socket, closed, greeted }
  }

  test('takes so many from one address and not one more, until one has left', async () => {
    const { ssh, port } = await start({ limits: { connectionsPerAddress: 3 } })
    const three = [dial(port), dial(port), dial(port)]
    await Promise.all(three.map(({ greeted }) => greeted))
    expect(await dial(port).closed).toBe('')
    expect(ssh.figures()).toEqual({ connections: 3, refused: 1 })
    three[0]?.socket.destroy()
    while (ssh.figures().connections === 3) await delay(5)
    const again = dial(port)
    await again.greeted
    expect(ssh.figures().connections).toBe(3)
  })

  test('takes so many altogether and not one more', async () => {
    const { ssh, port } = await start({ limits: { connections: 2 } })
    const two = [dial(port), dial(port)]
    await Promise.all(two.map(({ greeted }) => greeted))
    expect(await dial(port).closed).toBe('')
    expect(ssh.figures()).toEqual({ connections: 2, refused: 1 })
  })

  test('shows out who does not sign in, and keeps its key over a restart', async () => {
    const folder = temporaryFolder()
    ends.push(() => folder[Symbol.dispose]())
    const hostKeyPath = `${folder.path}/ssh/host-key`
    const { port } = await start({ hostKeyPath, limits: { signInTimeoutMs: 100 } })
    const { closed } = dial(port)
    expect(await closed).toMatch(/^SSH-2\.0-joinery\r\n/)
    const key = readFileSync(hostKeyPath, 'utf8')
    const second = await start({ hostKeyPath })
    await dial(second.port).greeted
    expect(readFileSync(hostKeyPath, 'utf8')).toBe(key)
  })

  test('shows out who lets nothing move for so long', async () => {
    // Nothing of the sign-in ends this one.
    const { port } = await start({ limits: { idleTimeoutMs: 100, signInTimeoutMs: 3_600_000 } })
    await dial(port).closed
  })

  test('has a key that can be read: one that cannot is made again, and so is one on the disk', async () => {
    const made = ['broken', 'broken', 'good']
    const maker = {
      generateKeyPairSync: () => ({ private: made.shift() ?? 'none' }),
      parseKey: (key: string) => (key === 'good' ? {} : new Error('Malformed OpenSSH private key'))
    }
    expect(makeHostKey(maker)).toBe('good')
    expect(() => makeHostKey(maker)).toThrow('no key for SSH could be made')
    const folder = temporaryFolder()
    ends.push(() => folder[Symbol.dispose]())
    const hostKeyPath = `${folder.path}/ssh/host-key`
    mkdirSync(`${folder.path}/ssh`)
    writeFileSync(hostKeyPath, 'nothing that ssh2 can read')
    const { port } = await start({ hostKeyPath })
    await dial(port).greeted
    expect(readFileSync(hostKeyPath, 'utf8')).toContain('OPENSSH PRIVATE KEY')
  })

  const ana: Person = { id: 'a', name: 'ana', shownName: 'Ana', role: 'learner' }
  const recipes: Repository = { id: '0'.repeat(32), owner: ana.id, name: 'recipes', collaborators: [] }
  const untilBrokenOff: GitService['answer'] = (_id, _request, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const newKey = (): string => makeHostKey(ssh2.utils)
  /** @param own Ana's key @param answer by default one that takes until it is broken off */
  const hostOf = (own: string, answer: GitService['answer'] = untilBrokenOff): SshHost => {
    const parsed = ssh2.utils.parseKey(own)
    if (parsed instanceof Error) throw parsed
    const known = parsed.getPublicSSH()
    return {
      people: {
        person: () => ana,
        named: () => ana,
        list: () => [ana],
        onChange: () => () => undefined,
        ofSshKey: (blob) => (known.equals(blob) ? ana : undefined)
      },
      directory: { find: () => recipes } as unknown as SshHost['directory'],
      service: { answer }
    }
  }
  const signIn = async (port: number, keys: readonly string[]): Promise<Client> => {
    const client = new ssh2.Client()
    ends.push(() => void client.end())
    const methods = keys.map((key) => ({ type: 'publickey' as const, username: 'git', key }))
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve).once('close', () => reject(new Error('shown out')))
      client.on('error', reject)
      client.connect({ port, host: '127.0.0.1', username: 'git', authHandler: methods })
    })
    return client
  }
  const fetchOver = (client: Client): Promise<ClientChannel> =>
    new Promise((resolve, reject) => {
      const options = { env: { GIT_PROTOCOL: 'version=2' } }
      client.exec("git-upload-pack '/ana/recipes.git'", options, (error, channel) => {
        if (error) reject(error)
        else resolve(channel)
      })
    })

  test('hears so many keys of one client and not one more', async () => {
    const own = newKey()
    const { port } = await start({}, hostOf(own))
    const wrong = newKey()
    // The right one is named once and then proved.
    const most = Array.from({ length: MAX_OFFERED_KEYS - 2 }, () => wrong)
    await signIn(port, [...most, own])
    await expect(signIn(port, [...most, wrong, own])).rejects.toThrow()
  })

  test('has so many commands under way on one connection and not one more, until one has ended', async () => {
    const own = newKey()
    const { port } = await start({}, hostOf(own))
    const client = await signIn(port, [own])
    const open: ClientChannel[] = []
    for (let at = 0; at < MAX_SESSIONS_PER_CONNECTION; at++) open.push(await fetchOver(client))
    await expect(fetchOver(client)).rejects.toThrow('open failure')
    for (const channel of open) {
      const closed = once(channel, 'close')
      channel.resume().stderr.resume()
      channel.close()
      await closed
    }
    for (let at = 0; at < MAX_SESSIONS_PER_CONNECTION; at++) await fetchOver(client)
    await expect(fetchOver(client)).rejects.toThrow('open failure')
  })

  test.each(['command', 'connection'])(
    'whoever ends the %s in the middle of an answer ends the answer',
    async (end) => {
      const own = newKey()
      const ended = Promise.withResolvers<string>()
      const answer: GitService['answer'] = () =>
        Promise.resolve({
          body: (async function* () {
            try {
              for (;;) yield pktLine('x'.repeat(32 * 1024))
            } finally {
              ended.resolve('the place is free')
            }
          })()
        })
      const { port } = await start({}, hostOf(own, answer))
      const client = await signIn(port, [own])
      const channel = await fetchOver(client)
      await once(channel, 'readable')
      if (end === 'command') channel.close()
      else client.destroy()
      expect(await ended.promise).toBe('the place is free')
    }
  )

  describe('of a device that has only just joined', () => {
    const joining = async (find: () => Repository | undefined, more: Partial<GitSshComponents> = {}) => {
      const own = newKey()
      const asked = Promise.withResolvers<string>()
      const answer: GitService['answer'] = (id, request, signal) => {
        asked.resolve(id)
        return untilBrokenOff(id, request, signal)
      }
      const host = { ...hostOf(own, answer), directory: { find } as unknown as SshHost['directory'] }
      let known = false
      const looked = (): SshHost | undefined => {
        // It hears of its people between this look and the next one.
        const seen = known ? host : undefined
        known = true
        return seen
      }
      const { port } = await start({}, undefined, { host: looked, hasHeard: () => false, ...more })
      return { client: await signIn(port, [own]), asked: asked.promise }
    }

    test('waits for the person and the repository, as over HTTP', async () => {
      let looks = 0
      // However busy the machine is, its patience does not end.
      const clock: Clock = { ...systemClock, monotonicMs: () => 0 }
      const { client, asked } = await joining(() => (++looks > 1 ? recipes : undefined), { clock })
      await fetchOver(client)
      expect(await asked).toBe(recipes.id)
    })

    test('says after so long that it does not know yet, and not a moment before', async () => {
      let [nowMs, looks] = [0, 0]
      const clock: Clock = { ...systemClock, monotonicMs: () => nowMs }
      const find = (): undefined => {
        nowMs = ++looks === 1 ? HEARING_PATIENCE_MS - 1 : HEARING_PATIENCE_MS
      }
      const { client } = await joining(find, { clock })
      const channel = await fetchOver(client)
      channel.resume()
      const words: Buffer[] = []
      for await (const span of channel.stderr) words.push(span as Buffer)
      expect(Buffer.concat(words).toString()).toContain('does not know yet what the room has')
      expect(looks).toBe(3)
    })
  })
})
