/**
 * How many are on this device's own Wi-Fi, from hostapd by its `hostapd_cli`: its control socket is a Unix datagram socket, which Node does not have.
 * Nothing is started where no hostapd runs.
 */
import { readdir } from 'node:fs/promises'
import { startProgram } from './child-program.ts'

const SOCKETS = '/run/hostapd'
const ANSWER_MS = 2_000

/** @returns undefined where this device has no Wi-Fi of its own, or is not allowed to ask */
export async function radioClients(
  init: { program?: string; sockets?: string } = {}
): Promise<{ now: number } | undefined> {
  const { program = 'hostapd_cli', sockets = SOCKETS } = init
  const radios = (await readdir(sockets).catch(() => [])).filter((name) => /^[A-Za-z0-9_.-]{1,15}$/.test(name))
  let now: number | undefined
  for (const radio of radios) {
    const [, stations] =
      /^num_sta\[0\]=(\d{1,5})$/m.exec(await ask(program, ['-p', sockets, '-i', radio, 'status'])) ?? []
    if (stations !== undefined) now = (now ?? 0) + Number(stations)
  }
  return now === undefined ? undefined : { now }
}

async function ask(program: string, words: string[]): Promise<string> {
  const child = startProgram(program, words, { environment: { PATH: process.env.PATH } })
  const lines: string[] = []
  child.onLine((line, from) => void (from === 'output' && lines.length < 200 && lines.push(line)))
  const limit = setTimeout(() => child.kill('SIGKILL'), ANSWER_MS)
  // Not installed, not allowed: then it is not known.
  await child.ended.catch(() => undefined)
  clearTimeout(limit)
  return lines.join('\n')
}
