import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import ssh2, { type Client, type ClientChannel } from 'ssh2'
import { afterEach, describe, expect, test } from 'vitest'
import { pktLine } from '../../../node/git/pkt-line.ts'
import { readCommand } from '../../../node/git/ssh/command.ts'
import { receive, upload } from '../../../node/git/ssh/conversation.ts'
import { makeHostKey } from '../../../node/git/ssh/host-key.ts'
import {
  HEARING_PATIENCE_MS,
  MAX_COMMAND_CHARACTERS,
  MAX_OFFERED_KEYS,
  MAX_SECTION_BYTES,
  MAX_SESSIONS_PER_CONNECTION
} from '../../../node/git/ssh/limits.ts'
import '../../../node/http/errors.ts'
import { PktSections } from '../../../node/git/ssh/pkt-sections.ts'
import { GitSsh, type GitSshComponents, type GitSshInit, type SshHost } from '../../../node/git/ssh/ssh-server.ts'
import { type Clock, systemClock } from '../../../node/platform/clock.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { GitRequest, GitService, Repository } from '../../../protocols/git.ts'
import type { Person } from '../../../protocols/people.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

async function* spans(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

describe('the command line', () => {
  test.each([
    ["git-upload-pack '/ana/recipes.git'", { service: 'git-upload-pack', person: 'ana', repository: 'recipes' }],
    ["git-receive-pack 'ana/recipes'", { service: 'git-receive-pack', person: 'ana', repository: 'recipes' }],
    ["git upload-pack '/ana/recipes.git/'", { service: 'git-upload-pack', person: 'ana', repository: 'recipes' }]
  ])('%s', (text, command) => {
    expect(readCommand(text)).toEqual(command)
  })

  test.each([
    '',
    `git-upload-pack '/ana/${'r'.repeat(MAX_COMMAND_CHARACTERS)}.git'`,
    'git-upload-pack',
    'git-upload-pack /ana/recipes.git',
    "git-upload-pack '/ana/recipes.git'; id",
    "git-upload-pack '/ana/../recipes.git'",
    "git-upload-pack '/ana/rec'\\''ipes.git'",
    "git-upload-archive '/ana/recipes.git'",
    "git-upload-pack --upload-pack=id '/ana/recipes.git'",
    "git-upload-pack '/ana/re\ncipes'",
    `git-upload-pack '/ana/${'x'.repeat(400)}'`
  ])('%s is none of ours', (text) => {
    expect(readCommand(text)).toBeUndefined()
  })
})

describe('sections', () => {
  test('are the same however the bytes are cut, and what follows stays as it is', async () => {
    const lines = fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(lines, { minLength: 1, maxLength: 4 }),
        fc.uint8Array({ maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
        async (sections, rest, cuts) => {
          const whole = Buffer.concat([
            ...sections.flatMap((section) => [...section.map((line) => pktLine(line)), Buffer.from('0000')]),
            rest
          ])
          const parts: Buffer[] = []
          for (let at = 0, cut = 0; at < whole.length; cut++) {
            const length = cuts[cut % cuts.length] ?? 1
            parts.push(whole.subarray(at, at + length))
            at += length
          }
          const read = new PktSections(spans(...parts))
          for (const section of sections)
            expect((await read.next())?.lines.map((line) => [...line])).toEqual(section.map((line) => [...line]))
          const left: Uint8Array[] = []
          for await (const span of read.rest()) left.push(span)
          expect(Buffer.concat(left)).toEqual(Buffer.from(rest))
        }
      ),
      { numRuns: 2_000 }
    )
  })

  test('100,000 random and damaged ones: read, or refused with a code', async () => {
    const good = Buffer.concat([pktLine('command=fetch'), Buffer.from('0001'), pktLine('done'), Buffer.from('0000')])
    const damaged = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, value]) => {
      const bytes = Buffer.from(good)
      bytes[at] = value
      return bytes
    })
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, fc.uint8Array({ maxLength: 40 })), async (bytes) => {
        const read = new PktSections(spans(bytes))
        try {
          while (await read.next());
        } catch (error) {
          expect(error).toBeInstanceOf(JoineryError)
        }
      }),
      { numRuns: 100_000 }
    )
  })

  test('may be as long as the limit, and not a line longer', async () => {
    const line = pktLine(Buffer.alloc(65_000))
    const lines = Array.from({ length: Math.floor(MAX_SECTION_BYTES / line.length) }, () => line)
    const read = new PktSections(spans(...lines, Buffer.from('0000')))
    expect((await read.next())?.lines.length).toBe(lines.length)
    const longer = new PktSections(spans(...lines, line, line))
    await expect(longer.next()).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })
})

describe('a conversation', () => {
  const conversation = (input: Uint8Array[], answers: (request: GitRequest) => AsyncIterable<Uint8Array>) => {
    const written: Buffer[] = []
    const requests: Omit<GitRequest, 'body'>[] = []
    return {
      written: () => Buffer.concat(written).toString('latin1'),
      requests,
      given: {
        service: {
          async answer(_id: string, request: GitRequest) {
            const { body: _body, ...rest } = request
            requests.push(rest)
            return { body: answers(request) }
          }
        },
        repository: 'r',
        person: 'p',
        signal: new AbortController().signal,
        channel: {
          read: () => spans(...input),
          async write(bytes: Uint8Array) {
            written.push(Buffer.from(bytes))
          }
        }
      }
    }
  }
  const echo = async function* (request: GitRequest): AsyncGenerator<Uint8Array> {
    if (request.step === 'advertise') {
      if (request.service === 'git-receive-pack') yield* [pktLine('# service=git-receive-pack\n'), Buffer.from('0000')]
      yield pktLine('refs\n')
      return
    }
    for await (const span of request.body) yield span
  }
  const commandOf = (now: string): Buffer => pktLine(`${'1'.repeat(40)} ${now} refs/heads/main\0report-status`)

  test('of a push passes commands and pack on, and leaves out the line that only HTTP has', async () => {
    const command = Buffer.concat([commandOf('2'.repeat(40)), Buffer.from('0000')])
    const { given, written, requests } = conversation(
      [command.subarray(0, 30), command.subarray(30), Buffer.from('PACK…')],
      echo
    )
    await receive(given)
    expect(written()).toBe(
      `${pktLine('refs\n')}${command.toString('latin1')}${Buffer.from('PACK…').toString('latin1')}`
    )
    expect(requests.map(({ step, person }) => [step, person])).toEqual([
      ['advertise', 'p'],
      ['run', 'p']
    ])
  })

  test('of a push that only deletes ends with its commands: the client waits for the report', async () => {
    const command = Buffer.concat([commandOf('0'.repeat(40)), Buffer.from('0000')])
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield command
      await new Promise<never>(() => undefined)
    }
    const { given, written } = conversation([], echo)
    await receive({ ...given, channel: { ...given.channel, read: endless } })
    expect(written()).toBe(`${pktLine('refs\n')}${command.toString('latin1')}`)
  })

  test('of a fetch is one request after the other; an old client is told what to do', async () => {
    const request = (text: string): Buffer => Buffer.concat([pktLine(text), Buffer.from('0000')])
    const both = [request('command=ls-refs'), request('command=fetch')]
    const { given, written, requests } = conversation(both, echo)
    await upload(given, 'version=2')
    expect(written()).toBe(`${pktLine('refs\n')}${Buffer.concat(both).toString('latin1')}`)
    expect(requests.every(({ protocol }) => protocol === 'version=2')).toBe(true)
    const old = conversation([], echo)
    await upload(old.given, undefined)
    expect(old.written()).toContain('ERR this git is too old')
    expect(old.requests).toEqual([])
  })
})

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
