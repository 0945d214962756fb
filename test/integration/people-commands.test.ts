/** `joinery person`, and where the code of a room's first facilitator is shown. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Program } from '../../node/commands/program.ts'
import { type ControlServer, createControlServer } from '../../node/control/control-server.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { fakeOperations } from './cli-operations.ts'
import { type Ran, run } from './cli-run.ts'

const CODE = 'hkt4-mw7x-9bpq'
const PERSON = { id: 'x', name: 'x', shownName: 'x', role: 'learner' as const, mustChoose: false, sessions: 0 }
const facilitator = { name: 'facilitator', code: CODE }

let folder: TemporaryFolder
let server: ControlServer | undefined
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(async () => {
  await server?.stop()
  server = undefined
  folder[Symbol.dispose]()
})

async function runDevice(more: Parameters<typeof fakeOperations>[0] = {}): Promise<ReturnType<typeof fakeOperations>> {
  const fake = fakeOperations(more)
  server = createControlServer(
    { operations: fake.operations, disk: nodeDisk, clock: systemClock, log: { warn: () => undefined } },
    { socketPath: join(folder.path, 'control.sock'), version: '0.1.0' }
  )
  await server.start()
  return fake
}

const joinery = (...words: string[]): Promise<Ran> => run({ folder: folder.path }, ...words)

it.each([
  [
    ['person', 'add', 'Ana María', '--role', 'helper'],
    new RegExp(`Ana María \\(helper\\)\nName: ana-maria\nCode: ${CODE}\n`)
  ],
  [['person', 'list'], /NAME +SHOWN AS +ROLE +SIGNED IN +ID\nana-maria +Ana María +learner +1 +00112233/],
  [['person', 'role', 'ana-maria', 'facilitator'], /ana-maria is facilitator now\./],
  [['person', 'code', 'ana-maria'], new RegExp(`Code: ${CODE}`)],
  [['person', 'remove', 'ana-maria', '--yes'], /ana-maria has no account any more\./]
])('%j says what was done, also as JSON', async (words, text) => {
  await runDevice()
  const shown = await joinery(...words)
  expect([shown.code, shown.err]).toEqual([0, ''])
  expect(shown.out).toMatch(text)
  const json = await joinery(...words, '--json')
  expect(JSON.stringify(JSON.parse(json.out))).toContain('ana-maria')
})

it.each([
  [['person', 'sign-up'], 'signUp', 'Signing up is open.', { open: true }],
  [['person', 'sign-up', 'open'], 'setSignUp', 'Signing up is open.', { open: true }],
  [['person', 'sign-up', 'closed'], 'setSignUp', 'Signing up is closed.', { open: false }]
])('%j asks the device %s', async (words, operation, text, set) => {
  const fake = await runDevice()
  const shown = await joinery(...words)
  expect([shown.code, shown.err, shown.out]).toEqual([0, '', `${text}\n`])
  expect(fake.calls.map(({ name }) => name)).toContain(operation)
  expect(JSON.parse((await joinery(...words, '--json')).out)).toEqual(set)
})

it.each([
  [['person', 'sign-up', 'perhaps'], 2],
  [['person', 'add', 'Ana', '--role', 'boss'], 2],
  [['person', 'role', 'ana', 'boss'], 2],
  [['person', 'remove', 'ana'], 2],
  [['person'], 2]
])('%j is refused before anything is asked of the device', async (words, code) => {
  const fake = await runDevice()
  const ran = await joinery(...words)
  expect([ran.code, fake.calls]).toEqual([code, []])
})

it('import reads a spreadsheet’s CSV, names what it cannot use, and prints the codes as CSV', async () => {
  await runDevice({
    addPerson: ({ name, role }) =>
      name === 'room'
        ? Promise.reject(new JoineryError('BAD_REQUEST', 'room is the name of a page'))
        : Promise.resolve({ person: { ...PERSON, name: name.toLowerCase(), shownName: name, role }, code: CODE })
  })
  const list = join(folder.path, 'names.csv')
  await writeFile(list, '\ufeffName;Role\r\n"Ana, the ""first""";helper\r\n\r\nroom\r\n=Kim;boss\r\n=Bo;\r\n')
  const ran = await joinery('person', 'import', list)
  expect(ran.code).toBe(4)
  expect(ran.out).toBe(
    `name,shown name,role,code\n"ana, the ""first""","Ana, the ""first""",helper,${CODE}\n'=bo,'=Bo,learner,${CODE}\n`
  )
  expect(ran.err).toMatch(/room: room is the name of a page \(BAD_REQUEST\)[\s\S]*=Kim: boss is no role \(USAGE\)/)
  expect((await joinery('person', 'list', '--csv')).out).toBe('ana-maria,Ana María,learner\n')
  expect((await joinery('person', 'import', join(folder.path, 'none.csv'))).err).toContain('NOT_FOUND')
})

it('a failure has its code and what to do next', async () => {
  await runDevice({ removePerson: () => Promise.reject(new JoineryError('NOT_FOUND', 'nobody is called zed')) })
  const ran = await joinery('person', 'remove', 'zed', '--yes')
  expect(ran.code).toBe(1)
  expect(ran.err).toContain('nobody is called zed (NOT_FOUND)')
})

it('the code of the first facilitator is shown by init and in a terminal, and never in what a service prints', async () => {
  const createRoom = ({ name }: { name: string }) =>
    Promise.resolve({ roomId: 'mfrggzdfmztwq2lk', name, device: 'x', facilitator })
  const { operations } = await runDevice({ createRoom })
  expect((await joinery('init', '--name', 'Library')).out).toContain(`name facilitator, code ${CODE}`)
  const start = async (answers?: readonly string[]): Promise<Ran> => {
    const end = new AbortController()
    const program: Partial<Program> = {
      hasRoom: () => Promise.resolve(false),
      startDaemon: () => Promise.resolve({ address: 'http://192.168.1.20/', operations, stop: () => Promise.resolve() })
    }
    return await run(
      {
        folder: folder.path,
        program,
        signal: end.signal,
        onOutput: (out) => void (out.includes('Joinery is ready') && end.abort()),
        ...(answers && { answers })
      },
      ...['start', '--new-room', 'Library']
    )
  }
  const service = await start()
  expect(service.out + service.err).not.toContain(CODE)
  expect(service.err).toContain('joinery person code facilitator')
  const terminal = await start([])
  expect(terminal.err).toContain(CODE)
  expect(terminal.out.trim()).toBe('Joinery is ready: http://192.168.1.20/')
})
