/** Accounts on two real nodes of one room: who signed in on one is known on the other, and who was removed on one is gone on both. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PersonLine } from '../../node/control/person-operations.ts'
import { until } from '../kit/child.ts'
import { joinery, joineryAnyway, joineryJson, type NodePlace, NodeProcess } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'

interface Account {
  person: PersonLine
  code: string
}

let folders: TemporaryFolder[]
let left: NodeProcess
let right: NodeProcess
let leftPlace: NodePlace
let facilitator: { name: string; code: string }

beforeAll(async () => {
  folders = [temporaryFolder(), temporaryFolder()]
  leftPlace = { data: folders[0]?.path ?? '' }
  const created = await joineryJson<{ facilitator: typeof facilitator }>(leftPlace, ['init', '--name', 'Two devices'])
  facilitator = created.facilitator
  left = await NodeProcess.start(leftPlace)
  const invitation = await joineryJson<{ text: string }>(leftPlace, ['invite'])
  right = await NodeProcess.start({ data: folders[1]?.path ?? '' }, ['--join', invitation.text])
  await left.statusWhere(
    'both are linked',
    ({ overview }) => overview.devices.filter((one) => one.connected).length === 2
  )
})
afterAll(async () => {
  await left?.[Symbol.asyncDispose]()
  await right?.[Symbol.asyncDispose]()
  for (const folder of folders ?? []) folder[Symbol.dispose]()
})

async function signIn(node: NodeProcess, name: string, code: string): Promise<{ status: number; cookie: string }> {
  const answer = await fetch(new URL('/sign-in', node.address), {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: new URL(node.address).origin, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ name, code })
  })
  await answer.arrayBuffer()
  return { status: answer.status, cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '' }
}

/** Who the page says is signed in; the sign-in page when nobody is. */
async function accountPage(node: NodeProcess, cookie: string): Promise<string> {
  const answer = await fetch(new URL('/me', node.address), { headers: { cookie }, redirect: 'manual' })
  return answer.status === 200 ? await answer.text() : `${answer.status}`
}

test('a session of one node is valid on the other, until the account is removed on either', async () => {
  const { code } = await joineryJson<Account>(leftPlace, ['person', 'add', 'Ana María'])
  const { status, cookie } = await signIn(left, 'Ana María', code)
  expect(status).toBe(303)
  await until('the other node knows the session', async () => (await accountPage(right, cookie)).includes('Ana María'))
  await until('and the code', async () => (await signIn(right, 'ana-maria', code)).status === 303)
  await joinery(right.place, ['person', 'remove', 'ana-maria', '--yes'])
  expect(await accountPage(right, cookie)).toBe('303')
  await until('the session is gone on the first node too', async () => (await accountPage(left, cookie)) === '303')
  expect((await signIn(left, 'ana-maria', code)).status).toBe(401)
})

test('tries at a code are counted over a kill -9, and codes are in no file in the clear', async () => {
  const place = left.place
  let status = 0
  for (let at = 0; at < 100 && status !== 429; at++) status = (await signIn(left, facilitator.name, 'wrong')).status
  expect(status).toBe(429)
  await left.kill()
  left = await NodeProcess.start(place)
  expect((await signIn(left, facilitator.name, facilitator.code)).status).toBe(429)
  const renewed = await joineryJson<Account>(place, ['person', 'code', facilitator.name])
  expect((await signIn(left, facilitator.name, renewed.code)).status).toBe(303)
  const found = await joineryAnyway(place, ['person', 'add', 'room'])
  expect(found.stderr).toContain('PERSON_NAME_INVALID')
  const { execFileSync } = await import('node:child_process')
  const plain = renewed.code.replaceAll('-', '')
  const files = execFileSync('sh', [
    '-c',
    `grep -rlaE '${renewed.code}|${plain}' "$1" || true`,
    'sh',
    place.data
  ]).toString()
  expect(files).toBe('')
})
