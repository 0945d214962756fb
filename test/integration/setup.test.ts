/** The setup scripts with real shells and real clients: settings before and after, byte for byte. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { posixSetup } from '../../web-client/setup/posix-script.ts'
import { powershellSetup } from '../../web-client/setup/powershell-script.ts'
import { SETUP_TOOLS, type SetupTool, setupPlace, undoLine } from '../../web-client/setup/setup-tool.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const PLACE = setupPlace('http://192.168.77.1:8080') ?? { origin: '', host: '' }
const OTHER = setupPlace('http://192.168.88.1') ?? { origin: '', host: '' }

/** Debian's Python has pip only inside environments; its programs are used here without saying that it is one. */
let pythonFolder: ReturnType<typeof temporaryFolder>
beforeAll(() => {
  pythonFolder = temporaryFolder()
  execFileSync('/usr/bin/python3', ['-m', 'venv', pythonFolder.path])
})
afterAll(() => pythonFolder[Symbol.dispose]())

interface Home {
  path: string
  run(script: string, ...words: string[]): string
  files(): Map<string, string>
}

function homeIn(path: string): Home {
  const environment = {
    PATH: `${pythonFolder.path}/bin:/usr/bin:/bin`,
    HOME: path,
    LC_ALL: 'C.UTF-8',
    GIT_CEILING_DIRECTORIES: path
  }
  return {
    path,
    run: (script, ...words) =>
      execFileSync('sh', ['-s', '--', ...words], { input: script, cwd: path, env: environment, encoding: 'utf8' }),
    files() {
      const found = new Map<string, string>()
      for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
        const file = join(entry.parentPath, entry.name)
        // What the clients keep for themselves is no setting.
        if (file.includes('/.cache')) continue
        found.set(file.slice(path.length), entry.isFile() ? readFileSync(file, 'latin1') : 'folder')
      }
      return found
    }
  }
}

const SETTINGS: Readonly<Record<SetupTool, { file: string; before: string; after: RegExp }>> = {
  pip: {
    file: '.config/pip/pip.conf',
    before: '# mine\n[global]\ntimeout = 7\ntrusted-host = example.org\n\n[install]\nno-cache-dir=true',
    after:
      /timeout = 7[\s\S]*trusted-host = example\.org 192\.168\.77\.1:8080[\s\S]*index-url = http:\/\/192\.168\.77\.1:8080\/pypi\/simple\//
  },
  r: {
    file: '.Rprofile',
    before: '# mine, without a line end\noptions(digits = 4)',
    after: /options\(digits = 4\)\n# >>> joinery >>>[\s\S]*192\.168\.77\.1:8080\/cran/
  },
  git: {
    file: '.gitconfig',
    before: '[user]\n\tname = Ana # me\n',
    after:
      /name = Ana # me\n\[url "http:\/\/192\.168\.77\.1:8080\/"\]\n\tinsteadOf = https:\/\/github\.com\/\n\tinsteadOf = git@github\.com:/
  }
}

describe.each(SETUP_TOOLS)('%s', (tool) => {
  const { file, before, after } = SETTINGS[tool]

  test('nothing there before: nothing is there after the undo, which works without the room', () => {
    using folder = temporaryFolder()
    const home = homeIn(folder.path)
    const empty = home.files()
    home.run(posixSetup(tool, PLACE))
    expect(readFileSync(join(home.path, file), 'utf8')).toContain(PLACE.host)
    execFileSync('sh', [join(home.path, `.joinery/undo-${tool}.sh`)], {
      env: { PATH: '/usr/bin:/bin', HOME: home.path }
    })
    expect(home.files()).toEqual(empty)
  })

  test('own settings stay while it is set up, twice changes nothing, and come back byte for byte', () => {
    using folder = temporaryFolder()
    const home = homeIn(folder.path)
    mkdirSync(join(home.path, file, '..'), { recursive: true })
    writeFileSync(join(home.path, file), before)
    const own = home.files()
    home.run(posixSetup(tool, PLACE))
    expect(readFileSync(join(home.path, file), 'utf8')).toMatch(after)
    const once = home.files()
    expect(home.run(posixSetup(tool, PLACE))).toContain('nothing was changed')
    expect(home.files()).toEqual(once)
    home.run(posixSetup(tool, PLACE), '--undo')
    expect(home.files()).toEqual(own)
    expect(home.run(posixSetup(tool, PLACE), '--undo')).toContain('nothing to undo')
  })

  test('in another room the first one is undone, and the undo still leads back to the beginning', () => {
    using folder = temporaryFolder()
    const home = homeIn(folder.path)
    mkdirSync(join(home.path, file, '..'), { recursive: true })
    writeFileSync(join(home.path, file), before)
    const own = home.files()
    home.run(posixSetup(tool, PLACE))
    home.run(posixSetup(tool, OTHER))
    const now = readFileSync(join(home.path, file), 'utf8')
    expect(now).toContain(OTHER.host)
    expect(now).not.toContain(PLACE.host)
    home.run(posixSetup(tool, OTHER), '--undo')
    expect(home.files()).toEqual(own)
  })

  test('what was changed meanwhile is kept: only the lines of the room are taken out', () => {
    using folder = temporaryFolder()
    const home = homeIn(folder.path)
    mkdirSync(join(home.path, file, '..'), { recursive: true })
    writeFileSync(join(home.path, file), before)
    home.run(posixSetup(tool, PLACE))
    const added = tool === 'git' ? '[core]\n\teditor = nano\n' : '# added later\n'
    writeFileSync(join(home.path, file), `${readFileSync(join(home.path, file), 'utf8')}${added}`)
    expect(home.run(posixSetup(tool, PLACE), '--undo')).toContain('changed')
    const now = readFileSync(join(home.path, file), 'utf8')
    expect(now).toContain(added.trim())
    expect(now).not.toContain(PLACE.host)
    expect(existsSync(join(home.path, '.joinery'))).toBe(false)
  })

  test('a download that was cut off does nothing', () => {
    using folder = temporaryFolder()
    const home = homeIn(folder.path)
    const script = posixSetup(tool, PLACE)
    for (const part of [0.3, 0.6, 0.9]) {
      try {
        home.run(script.slice(0, Math.floor(script.length * part)))
      } catch {
        // Half a script is no shell text; what counts is that nothing happened.
      }
      expect(home.files().size).toBe(0)
    }
  })
})

/** No PowerShell runs here: these are the rules that Windows PowerShell 5.1 breaks when they are not kept. */
describe.each(SETUP_TOOLS)('%s in PowerShell', (tool) => {
  const script = powershellSetup(tool, PLACE)
  const undo = /@'\n([\s\S]*?)\n'@/.exec(script)?.[1] ?? ''

  test('is in letters that mean the same in every encoding, and its undo begins with a mark', () => {
    expect(script).toMatch(/^[\n\x20-\x7e]*$/)
    expect(script).toContain('[IO.File]::WriteAllText($undo, $head + $body, [Text.Encoding]::UTF8)')
  })

  test('stops at what fails, and never at what a program says on its error stream', () => {
    expect([script, undo].map((text) => text.includes("$ErrorActionPreference = 'Stop'"))).toEqual([true, true])
    const redirecting = script.split('\n').filter((line) => /2>|\*>/.test(line))
    for (const line of redirecting) expect(line).toContain("& { $ErrorActionPreference = 'Continue'; git ")
    expect(redirecting).toHaveLength(tool === 'git' ? 2 : 0)
  })

  test('takes brackets in a path for what they are', () => {
    const commands = script.match(/(?:Test-Path|Copy-Item|Remove-Item|Get-FileHash|Get-ChildItem) \S+/g) ?? []
    expect(commands.length).toBeGreaterThan(8)
    for (const command of commands) expect(command).toMatch(/ (?:-LiteralPath|\.Rprofile\)|-Filter)$/)
  })

  test('runs only when all of it has come, and knows the undo that stays', () => {
    expect(script).toMatch(/^#[^\n]*\n& \{\n[\s\S]*\n\} @args\n$/)
    expect(script.replace(/"[^"\n]*"|'[^'\n]*'/g, '').match(/[{]/g)).toHaveLength(
      script.replace(/"[^"\n]*"|'[^'\n]*'/g, '').match(/[}]/g)?.length ?? 0
    )
    expect(undoLine(tool, 'ps1')).toContain(`undo-${tool}.ps1`)
    expect(script).toContain(`$undo = "$base\\undo-${tool}.ps1"`)
  })
})

test('an address that a shell would run never gets into a script', () => {
  for (const origin of [
    "http://a'; rm -rf ~; '",
    'http://a$(id)',
    'http://a b',
    'https://a',
    'http://a/b',
    'http://`id`'
  ])
    expect(setupPlace(origin)).toBeUndefined()
  expect(setupPlace('http://[fd00::1]:8080')).toEqual({ origin: 'http://[fd00::1]:8080', host: '[fd00::1]:8080' })
})

test('in an active virtual environment only that one is set up', () => {
  using folder = temporaryFolder()
  const home = homeIn(folder.path)
  const script = `VIRTUAL_ENV=${pythonFolder.path}\nexport VIRTUAL_ENV\n${posixSetup('pip', PLACE)}`
  home.run(script)
  expect(home.files().size).toBe(0)
  expect(readFileSync(join(pythonFolder.path, 'pip.conf'), 'utf8')).toContain(PLACE.host)
  home.run(script, '--undo')
  expect(existsSync(join(pythonFolder.path, 'pip.conf'))).toBe(false)
  expect(existsSync(join(pythonFolder.path, '.joinery'))).toBe(false)
})

test('the clients themselves read what was written', () => {
  using folder = temporaryFolder()
  const home = homeIn(folder.path)
  for (const tool of SETUP_TOOLS) home.run(posixSetup(tool, PLACE))
  expect(home.run('python3 -m pip config list')).toMatch(
    /global\.index-url='http:\/\/192\.168\.77\.1:8080\/pypi\/simple\/'/
  )
  expect(home.run(`Rscript -e 'cat(getOption("repos")["CRAN"], getOption("timeout"))'`)).toBe(
    'http://192.168.77.1:8080/cran 600'
  )
  expect(home.run('git ls-remote --get-url git@github.com:ana/recipes.git').trim()).toBe(
    'http://192.168.77.1:8080/ana/recipes.git'
  )
})
