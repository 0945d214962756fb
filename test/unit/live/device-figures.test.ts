import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HourSamples } from '../../../node/live/index.ts'
import { readDeviceFigures } from '../../../node/platform/device-figures.ts'
import { MAX_WORKSHOP_FOLDERS, workshopFolders } from '../../../node/platform/folders-of-workshops.ts'
import { pluggedSticks } from '../../../node/platform/plugged-sticks.ts'
import { radioClients } from '../../../node/platform/radio-clients.ts'
import { HOUR_SAMPLES } from '../../../protocols/device-report.ts'
import { bytesPerSecondOf } from '../../../web-client/room/hour-chart.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { type TemporaryFolder, temporaryFolder } from '../../kit/temporary-folder.ts'

let folder: TemporaryFolder
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

async function write(files: Record<string, string>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    const full = join(folder.path, path)
    await mkdir(dirname(full), { recursive: true })
    await writeFile(full, text)
  }
  return folder.path
}

test('a Pi tells its board, its heat and that its supply is weak', async () => {
  const root = await write({
    'proc/device-tree/model': 'Raspberry Pi 4 Model B Rev 1.4\0',
    'proc/meminfo': 'MemTotal:        3884000 kB\nMemAvailable:    2000000 kB\n',
    'proc/net/dev':
      ' face |bytes\n    lo: 9 0 0 0 0 0 0 0 900 0\n  eth0: 5 0 0 0 0 0 0 0 70 0\n wlan0: 5 0 0 0 0 0 0 0 5 0\n',
    'sys/class/thermal/thermal_zone0/temp': '54321\n',
    'sys/class/thermal/thermal_zone1/temp': '0\n',
    'sys/class/hwmon/hwmon0/name': 'cpu_thermal\n',
    'sys/class/hwmon/hwmon1/name': 'rpi_volt\n',
    'sys/class/hwmon/hwmon1/in0_lcrit_alarm': '1\n'
  })
  const figures = await readDeviceFigures(root)
  expect(figures).toMatchObject({
    ...{ board: 'Raspberry Pi 4 Model B Rev 1.4', temperatureC: 54, underVoltage: true },
    ...{ memoryFreeBytes: 2_000_000 * 1024, sentBytes: 75 }
  })
})

test('a computer that tells nothing is told of without', async () => {
  const figures = await readDeviceFigures(folder.path)
  expect(figures).toMatchObject({ board: '', underVoltage: false, sentBytes: 0 })
  expect(figures.temperatureC).toBeUndefined()
  expect(figures.memoryFreeBytes).toBeGreaterThan(0)
})

test('people on its own Wi-Fi are counted over its radios, and not where there is none', async () => {
  const root = await write({
    'sockets/wlan0': '',
    'sockets/wlan1': '',
    hostapd_cli:
      '#!/bin/sh\ncase "$4" in wlan0) echo "state=ENABLED"; echo "num_sta[0]=5";; *) echo "num_sta[0]=2";; esac\n'
  })
  await chmod(join(root, 'hostapd_cli'), 0o755)
  expect(await radioClients({ program: join(root, 'hostapd_cli'), sockets: join(root, 'sockets') })).toEqual({ now: 7 })
  expect(await radioClients({ program: join(root, 'hostapd_cli'), sockets: join(root, 'none') })).toBeUndefined()
  expect(await radioClients({ program: '/nonexistent', sockets: join(root, 'sockets') })).toBeUndefined()
})

test('sticks are what is mounted where people’s things are mounted', async () => {
  const root = await write({
    mounts: [
      '/dev/mmcblk0p2 / ext4 rw 0 0',
      '/dev/sda1 /media/ana/MY\\040STICK vfat rw 0 0',
      '/dev/sdb1 /run/media/BIRDS exfat rw 0 0',
      '/dev/sdc1 /home/ana ext4 rw 0 0',
      'tmpfs /media/fake tmpfs rw 0 0'
    ].join('\n')
  })
  expect(await pluggedSticks(join(root, 'mounts'))).toEqual([
    { name: 'MY STICK', path: '/media/ana/MY STICK' },
    { name: 'BIRDS', path: '/run/media/BIRDS' }
  ])
  expect(await pluggedSticks(join(root, 'none'))).toEqual([])
})

test('workshops to add are the folders in one folder: no files, no links, nothing hidden, and not what the device keeps', async () => {
  const root = await write({
    'workshops/a file': '',
    'workshops/.hidden/x': '',
    'workshops/b/x': '',
    'workshops/a/x': '',
    'workshops/data/keys': ''
  })
  const place = join(root, 'workshops')
  await symlink('/etc', join(place, 'elsewhere'))
  const offered = async (data: string): Promise<string[]> =>
    (await workshopFolders(place, data)).map(({ name }) => name)
  expect(await offered(join(place, 'data'))).toEqual([join(place, 'a'), join(place, 'b')])
  expect(await offered(join(place, 'data', 'inside', 'of it'))).toEqual([join(place, 'a'), join(place, 'b')])
  expect(await offered(root)).toEqual([])
  expect(await workshopFolders(join(root, 'none'), '/data')).toEqual([])
  await expect(workshopFolders(join(place, 'a file'), '/data'), 'what cannot be read is not empty').rejects.toThrow(
    'ENOTDIR'
  )
})

test('at most so many folders are offered', async () => {
  const names = Array.from({ length: MAX_WORKSHOP_FOLDERS + 1 }, (_, i) => String(i).padStart(3, '0'))
  const root = await write(Object.fromEntries(names.map((name) => [`${name}/x`, ''])))
  expect((await workshopFolders(root, '/data')).map(({ name }) => name)).toEqual(
    names.slice(0, -1).map((name) => join(root, name))
  )
})

test('the last hour is sixty samples, the newest last', async () => {
  const time = new SimulatedTime()
  let minute = 0
  const samples = new HourSamples({
    clock: new SimulatedClock(time),
    read: async () => {
      minute++
      return { loadPercent: minute, memoryBytes: 1_000, memoryFreeBytes: 400, sentBytes: minute * 60_000_000 }
    }
  })
  samples.start()
  await time.run(90 * 60_000)
  const { load, memory, sent } = samples.hour()
  expect([load.length, memory.length, sent.length]).toEqual([HOUR_SAMPLES, HOUR_SAMPLES, HOUR_SAMPLES])
  expect(load.at(-1)).toBe(minute)
  expect(memory.at(-1)).toBe(60)
  // A megabyte a second, as well as a byte can say it.
  expect(bytesPerSecondOf(sent.at(-1) ?? 0) / 1e6).toBeCloseTo(1, 0)
  samples.stop()
  expect(time.pending).toBe(0)
})
