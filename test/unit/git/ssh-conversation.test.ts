import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pktLine } from '../../../node/git/pkt-line.ts'
import { readCommand } from '../../../node/git/ssh/command.ts'
import { receive, upload } from '../../../node/git/ssh/conversation.ts'
import { MAX_COMMAND_CHARACTERS, MAX_SECTION_BYTES } from '../../../node/git/ssh/limits.ts'
import { PktSections } from '../../../node/git/ssh/pkt-sections.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import type { GitRequest } from '../../../protocols/git.ts'

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
