import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chooseDataDirectory } from '../../../node/config/data-directory.ts'
import { loadConfig, writeSetting } from '../../../node/config/load.ts'
import { SETTINGS, settingNamed, variableOf } from '../../../node/config/settings.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { JoineryError } from '../../../protocols/errors.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'joinery-config-'))
})
afterEach(async () => await rm(folder, { recursive: true }))

function load(more: Partial<Parameters<typeof loadConfig>[0]> = {}): ReturnType<typeof loadConfig> {
  return loadConfig({ disk: nodeDisk, environment: {}, hostName: 'pi-front.local', dataDirectory: folder, ...more })
}

async function failure(work: Promise<unknown>): Promise<JoineryError> {
  try {
    await work
  } catch (error) {
    if (error instanceof JoineryError) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('settings', () => {
  it('have a sensible value each without a file', async () => {
    const { config } = await load()
    expect(config).toMatchObject({
      name: 'pi-front',
      role: 'node',
      httpPort: undefined,
      discovery: true,
      dataDirectory: folder
    })
  })

  it('come from the file, over it the environment, over it flags', async () => {
    await writeFile(
      join(folder, 'config.toml'),
      'name = "from file"\nport = 8001\nmesh_port = 5000\ncapacity = "20 GB"\n'
    )
    const environment = {
      JOINERY_PORT: '8002',
      JOINERY_NAME: 'from environment',
      JOINERY_STATIC_ADDRESSES: '10.0.0.1:4417, [fd00::1]:4417'
    }
    const { config, origins } = await load({ environment, flags: { name: 'from flag' } })
    expect(config).toMatchObject({
      name: 'from flag',
      httpPort: 8002,
      meshPort: 5000,
      capacityBytes: 20e9,
      staticAddresses: ['10.0.0.1:4417', '[fd00::1]:4417']
    })
    expect(Object.fromEntries(origins)).toMatchObject({ name: 'flag', httpPort: 'environment', meshPort: 'file' })
  })

  it('name the nearest one when one is unknown', async () => {
    await writeFile(join(folder, 'config.toml'), 'mesh-prot = 5000\n')
    const error = await failure(load())
    expect(error.code).toBe('CONFIG_UNKNOWN_KEY')
    expect(error.message).toContain('did you mean "mesh_port"?')
    expect((await failure(Promise.resolve().then(() => settingNamed('xyzzy')))).message).not.toContain('did you mean')
  })

  it.each([
    ['port', '65535', 65_535],
    ['port', '0', 0],
    ['mesh_port', '65534', 65_534],
    ['name', 'a'.repeat(40), 'a'.repeat(40)],
    ['capacity', '1.5 TB', 1.5e12],
    ['capacity', '1000', 1000],
    ['discovery', 'no', false],
    ['role', 'cloud', 'cloud'],
    ['host', '0.0.0.0', '0.0.0.0'],
    ['host_names', 'class.lan,pi', ['class.lan', 'pi']]
  ])('%s takes %s', (name, text, expected) => {
    const setting = settingNamed(name)
    expect(setting.parse(setting.fromText(text))).toEqual(expected)
  })

  it.each([
    ['port', '65536'],
    ['port', '-1'],
    ['port', '80.5'],
    ['port', 'eighty'],
    ['mesh_port', '65535'],
    ['name', 'a'.repeat(41)],
    ['name', '  '],
    ['name', 'evil\u001b[2J'],
    ['role', 'king'],
    ['capacity', 'lots'],
    ['capacity', '-5 GB'],
    ['capacity', '99999999 TB'],
    ['discovery', 'perhaps'],
    ['host', 'localhost'],
    ['static_addresses', '10.0.0.1'],
    ['static_addresses', '10.0.0.1:0'],
    ['static_addresses', Array.from({ length: 65 }, (_, i) => `10.0.0.1:${i + 1}`).join(',')],
    ['access_point_addresses', 'wlan0'],
    ['log_level', 'verbose']
  ])('%s does not take %s', async (name, text) => {
    const setting = settingNamed(name)
    const error = await failure(Promise.resolve().then(() => setting.parse(setting.fromText(text))))
    expect(error.code).toBe('CONFIG_BAD_VALUE')
    expect(error.message).toContain(`"${name}"`)
  })

  it('say where a file that is not TOML, missing or too long is wrong', async () => {
    const file = join(folder, 'config.toml')
    await writeFile(file, 'port = = 3')
    expect((await failure(load())).code).toBe('CONFIG_UNREADABLE')
    expect((await failure(load({ configFile: join(folder, 'none.toml') }))).message).toContain('is not there')
    await writeFile(file, `# ${'x'.repeat(64 * 1024)}`)
    expect((await failure(load())).code).toBe('CONFIG_UNREADABLE')
    await writeFile(file, '[port]\nx = 1')
    expect((await failure(load())).code).toBe('CONFIG_BAD_VALUE')
  })

  it('are written one at a time, checked first, with what they mean', async () => {
    const file = join(folder, 'sub', 'config.toml')
    await writeSetting(nodeDisk, file, 'port', '8090')
    await writeSetting(nodeDisk, file, 'name', 'Zoë’s "Pi"')
    await writeSetting(nodeDisk, file, 'static_addresses', '10.0.0.1:4417')
    const before = await readFile(file, 'utf8')
    expect(before).toContain('# Port of the pages')
    expect((await failure(writeSetting(nodeDisk, file, 'port', 'x'))).code).toBe('CONFIG_BAD_VALUE')
    expect(await readFile(file, 'utf8')).toBe(before)
    const { config } = await load({ configFile: file })
    expect(config).toMatchObject({ httpPort: 8090, name: 'Zoë’s "Pi"', staticAddresses: ['10.0.0.1:4417'] })
    await writeSetting(nodeDisk, file, 'port', undefined)
    expect((await load({ configFile: file })).config.httpPort).toBeUndefined()
  })

  it('all have a variable, a meaning and what they take', () => {
    expect(new Set(SETTINGS.map(variableOf)).size).toBe(SETTINGS.length)
    for (const one of SETTINGS) {
      expect(one.meaning).toMatch(/\.$/)
      expect(one.takes.length).toBeGreaterThan(5)
    }
  })
})

describe('the data folder', () => {
  const sources = { environment: {}, homeDirectory: '/home/ana', mayUse: () => Promise.resolve(false) }
  it('is the one that was named, else the service’s where that is ours, else the user’s own', async () => {
    expect(await chooseDataDirectory({ ...sources, flag: '/media/usb', environment: { JOINERY_DATA: '/x' } })).toBe(
      '/media/usb'
    )
    expect(await chooseDataDirectory({ ...sources, environment: { JOINERY_DATA: '/x' } })).toBe('/x')
    expect(await chooseDataDirectory({ ...sources, environment: { STATE_DIRECTORY: '/var/lib/joinery:/b' } })).toBe(
      '/var/lib/joinery'
    )
    expect(await chooseDataDirectory({ ...sources, mayUse: () => Promise.resolve(true) })).toBe('/var/lib/joinery')
    expect(await chooseDataDirectory(sources)).toBe('/home/ana/.local/share/joinery')
    expect(await chooseDataDirectory({ ...sources, environment: { XDG_DATA_HOME: '/d' } })).toBe('/d/joinery')
    expect(await chooseDataDirectory({ ...sources, environment: { XDG_DATA_HOME: 'relative' } })).toBe(
      '/home/ana/.local/share/joinery'
    )
  })
})
