/**
 * Benchmarks: what the parts cost beside what others take for the same work in the same run. Figures of two runs or two machines do not
 * compare; the ratios in one run do. Never part of the tests: nothing here fails because it was slow.
 *
 *     npm run bench                what there is
 *     npm run bench -- journal     one of them; further words are its own
 *     npm run bench -- all         one after the other
 *
 * A bench is a program of this folder whose first comment says what it measures and shows its command line.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { basename, join } from 'node:path'

interface Bench {
  name: string
  path: string
  /** The first sentence of its comment. */
  about: string
}

function benches(): Bench[] {
  const found: Bench[] = []
  for (const file of readdirSync(import.meta.dirname).sort()) {
    const path = join(import.meta.dirname, file)
    if (!file.endsWith('.ts') || path === import.meta.filename) continue
    const comment = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(path, 'utf8'))?.[1] ?? ''
    // What only helps other benches says no command line.
    const name = basename(file, '.ts')
    if (!comment.includes(`test/bench/${file}`) && !comment.includes(`bench -- ${name}`)) continue
    const text = comment
      .replace(/^\s*\* ?/gm, '')
      .replaceAll('\n', ' ')
      .trim()
    found.push({ name, path, about: /^.*?[.:](?=\s|$)/.exec(text)?.[0] ?? text })
  }
  return found
}

const [asked, ...words] = process.argv.slice(2)
const all = benches()
const chosen = asked === 'all' ? all : all.filter(({ name }) => name === asked)
if (asked === undefined || chosen.length === 0) {
  if (asked !== undefined) console.error(`There is no bench called ${asked}.`)
  console.log('npm run bench -- NAME, with NAME one of:\n')
  for (const { name, about } of all) console.log(`  ${name.padEnd(16)} ${about}`)
  process.exit(asked === undefined ? 0 : 2)
}
const [processor] = cpus()
console.log(
  `${processor?.model ?? '?'} × ${cpus().length}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}`
)
let failed = 0
for (const { name, path } of chosen) {
  console.log(`\n── ${name} ──`)
  const { status } = spawnSync(process.execPath, ['--expose-gc', path, ...words], { stdio: 'inherit' })
  if (status !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)
