/** The rules by which a file is chosen for somebody else's Python, against those of a real pip: which tags it takes and in which order, which versions a specifier allows, when a condition holds. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseVersion } from '../../node/mirrors/pypi/version.ts'
import { markerHolds, parseMarker } from '../../node/upstream/python/marker.ts'
import { supportedTags } from '../../node/upstream/python/python-tags.ts'
import { markerEnvironment, type PythonTarget } from '../../node/upstream/python/python-target.ts'
import { parseRequirement } from '../../node/upstream/python/requirement.ts'
import { allows, parseSpecifier } from '../../node/upstream/python/specifier.ts'
import { run } from '../fixtures/tool.ts'

const folder = mkdtempSync(join(tmpdir(), 'joinery-upstream-'))
/** Debian's, run from its wheel. */
const PYTHON = '/usr/bin/python3'
const WHEELS = '/usr/share/python-wheels'
const pip = join(WHEELS, readdirSync(WHEELS).find((name) => name.startsWith('pip-')) ?? 'pip')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What Python makes of `given`, with pip's own library at hand. */
async function python<Result>(code: string, given: unknown): Promise<Result> {
  writeFileSync(join(folder, 'given.json'), JSON.stringify(given))
  const head = 'import json, sys\ngiven = json.load(open("given.json"))\n'
  const { stdout, stderr } = await run(PYTHON, ['-c', head + code], { PYTHONPATH: pip }, folder)
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Result
}

test('the tags of this machine are those that pip debug prints, in its order', async () => {
  const { stdout } = await run(PYTHON, [join(pip, 'pip'), 'debug', '--verbose'], {}, folder)
  const theirs = [...stdout.matchAll(/^ {2}(\S+-\S+-\S+)$/gm)].map(([, tag]) => tag)
  const facts = await python<{ version: [number, number]; cpu: string; libc: [string, string] }>(
    'import platform\njson.dump({"version": sys.version_info[:2], "cpu": platform.machine(), "libc": platform.libc_ver()}, sys.stdout)',
    null
  )
  const [major = 0, minor = 0] = facts.libc[1].split('.').map(Number)
  const target: PythonTarget = {
    ...{ version: facts.version, system: 'Linux', cpu: facts.cpu },
    libc: { kind: 'glibc', major, minor }
  }
  expect(theirs.length).toBeGreaterThan(100)
  expect([...supportedTags(target)]).toEqual(theirs)
})

test('the tags of other systems are those of pip, in its order; of macOS the oldest first', async () => {
  const code = `
from pip._vendor.packaging import tags
def everything(version, platforms):
    nodot = f"{version[0]}{version[1]}"
    found = list(tags.cpython_tags(tuple(version), [f"cp{nodot}"], platforms))
    found += list(tags.compatible_tags(tuple(version), f"cp{nodot}", platforms))
    return [str(tag) for tag in dict.fromkeys(found)]
json.dump([everything(version, ["win_amd64"] if cpu == "AMD64" else list(tags.mac_platforms((14, 0), cpu))) for version, cpu in given], sys.stdout)`
  const asked: [PythonTarget['version'], string][] = [
    [[3, 12], 'AMD64'],
    [[3, 9], 'arm64'],
    [[3, 13], 'x86_64']
  ]
  const said = await python<string[][]>(code, asked)
  for (const [at, [version, cpu]] of asked.entries()) {
    const ours = [...new Set(supportedTags({ version, cpu, system: cpu === 'AMD64' ? 'Windows' : 'macOS' }))]
    const theirs = said[at] ?? []
    expect([...ours].sort()).toEqual([...theirs].sort())
    // Without the platform the order is the same.
    const kinds = (list: readonly string[]): string[] => [
      ...new Set(list.map((tag) => tag.split('-').slice(0, 2).join('-')))
    ]
    expect(kinds(ours)).toEqual(kinds(theirs))
    if (cpu === 'AMD64') expect(ours).toEqual(theirs)
  }
})

test('a specifier allows the versions that pip allows', async () => {
  const versions =
    '0 1 1.0 1.0.0 1.2 1.2.3 2 2.0 10 1!1.0 1.0a1 1.0b2 1.0rc1 1.0.post1 1.0.dev1 1.0a1.dev2 1.2+local 1.0.post2.dev1 2.0rc1.post1 2024.1'.split(
      ' '
    )
  const operators = ['==', '!=', '<=', '>=', '<', '>', '~=', '===']
  // Of `==1.0.0.*` the pips of today and of then think differently where a version has fewer parts.
  const specifiers = operators.flatMap((operator) =>
    versions.flatMap((version) => (version === '1.0.0' ? [] : [`${operator}${version}`, `${operator}${version}.*`]))
  )
  const code = `
from pip._vendor.packaging.specifiers import Specifier, InvalidSpecifier
from pip._vendor.packaging.version import Version
versions = [Version(one) for one in given["versions"]]
def row(text):
    try: specifier = Specifier(text)
    except InvalidSpecifier: return None
    return [specifier.contains(version, prereleases=True) for version in versions]
json.dump([row(one) for one in given["specifiers"]], sys.stdout)`
  const theirs = await python<(boolean[] | null)[]>(code, { versions, specifiers })
  const parsed = versions.map((text) => parseVersion(text))
  const differing = specifiers.flatMap((text, at) => {
    const specifier = parseSpecifier(text)
    const ours = specifier ? parsed.map((version) => version !== undefined && allows([specifier], version)) : null
    return JSON.stringify(ours) === JSON.stringify(theirs[at]) ? [] : [{ text, ours, theirs: theirs[at] }]
  })
  expect(differing).toEqual([])
})

test('a condition holds where pip says so', async () => {
  const conditions = [
    'python_version < "3.11"',
    "python_version >= '3.8' and python_version < '3.13'",
    'sys_platform == "win32"',
    'sys_platform != "win32" and platform_machine == "x86_64"',
    'os_name == "nt" or (python_version > "3.9" and sys_platform == "darwin")',
    'platform_system == "Windows"',
    'platform_python_implementation == "CPython"',
    'implementation_name == "pypy" or implementation_name == "cpython"',
    'python_full_version <= "3.11.0a6"',
    '"linux" in sys_platform',
    'python_version not in "2.7, 3.0"',
    "extra == 'test'",
    "(extra == 'test' or extra == 'docs') and sys_platform == 'linux'",
    "python_version ~= '3.10'",
    'python_version === "3.12"',
    'platform_machine in "x86_64 AMD64 arm64"'
  ]
  const broken = [
    'python_version',
    'python_version <',
    '"a" == ',
    'nothing == "1"',
    'python_version < "3" and',
    '(python_version < "3"'
  ]
  const targets: PythonTarget[] = [
    { version: [3, 12], system: 'Windows', cpu: 'AMD64' },
    { version: [3, 10], system: 'macOS', cpu: 'arm64' },
    { version: [3, 8], system: 'Linux', cpu: 'x86_64' }
  ]
  const environments = targets.flatMap((target) =>
    ['', 'test'].map((extra) => ({ ...markerEnvironment(target), extra }))
  )
  const code = `
from pip._vendor.packaging.markers import Marker, InvalidMarker
def row(text):
    try: marker = Marker(text)
    except InvalidMarker: return None
    return [marker.evaluate(environment) for environment in given["environments"]]
json.dump([row(one) for one in given["conditions"]], sys.stdout)`
  const all = [...conditions, ...broken]
  const theirs = await python<(boolean[] | null)[]>(code, { conditions: all, environments })
  const ours = all.map((text) => {
    const marker = parseMarker(text)
    return marker ? environments.map((environment) => markerHolds(marker, environment)) : null
  })
  expect(Object.fromEntries(all.map((text, at) => [text, ours[at]]))).toEqual(
    Object.fromEntries(all.map((text, at) => [text, theirs[at]]))
  )
})

test('a requirement is read as pip reads it', async () => {
  const texts = [
    'numpy',
    'NumPy >= 1.20',
    'a_b.c[Extra_One, two]>=1,<2 ; python_version < "3"',
    'x (>=1.0,<2)',
    'x(==1.*)',
    'x~=1.4.2',
    'x @ https://example.org/x.zip ; os_name == "posix"',
    'x;sys_platform=="win32"',
    'x >= 1 <',
    '-x',
    'x ; nonsense',
    'x[a',
    ''
  ]
  const code = `
from pip._vendor.packaging.requirements import Requirement, InvalidRequirement
from pip._vendor.packaging.utils import canonicalize_name as name
def row(text):
    try: one = Requirement(text)
    except InvalidRequirement: return None
    return [name(one.name), sorted(name(extra) for extra in one.extras), sorted(f"{s.operator}{s.version}" for s in one.specifier), one.marker is not None, one.url is not None]
json.dump([row(one) for one in given], sys.stdout)`
  const ours = texts.map((text) => {
    const one = parseRequirement(text)
    if (!one) return null
    const specifiers = one.specifiers.map(({ operator, text: version }) => `${operator}${version}`).sort()
    return [one.project, [...one.extras].sort(), specifiers, one.marker !== undefined, one.hasAddress]
  })
  expect(ours).toEqual(await python(code, texts))
})
