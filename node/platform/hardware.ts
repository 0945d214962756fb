/** What tells this device from another one that runs a copy of its card. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'

export interface HardwareFingerprint {
  /** Of the board, as its maker gave it: a Pi's serial number, a PC's product id. */
  serial?: string
  /** Of the network cards that are built in or plugged in, whether in use or not, in order. */
  macs: string[]
  /** Of the installation, not of the hardware: a copied card has the same. Only for where there is nothing else. */
  machineId?: string
}

/** A Pi and other boards with a device tree; then PCs (readable by root only). */
const SERIAL_FILES = [
  '/proc/device-tree/serial-number',
  '/sys/class/dmi/id/product_uuid',
  '/sys/class/dmi/id/board_serial'
]

export async function hardwareFingerprint(): Promise<HardwareFingerprint> {
  let serial: string | undefined
  for (const file of SERIAL_FILES) serial ??= await readShort(file)
  const machineId = await readShort('/etc/machine-id')
  const macs = (await networkCards()) ?? addressesInUse()
  return {
    ...(serial === undefined ? {} : { serial }),
    macs: [...new Set(macs)].sort(),
    ...(machineId === undefined ? {} : { machineId })
  }
}

const NO_MAC = '00:00:00:00:00:00'
const NET = '/sys/class/net'

/**
 * Cards with hardware behind them (`device`): a laptop with a cable at home and Wi-Fi in the hall is one device, and bridges, tunnels
 * and containers come and go. Undefined where the system has no such list.
 */
async function networkCards(): Promise<string[] | undefined> {
  let names: string[]
  try {
    names = await readdir(NET)
  } catch {
    return undefined
  }
  const macs: string[] = []
  for (const name of names) {
    const real = await stat(`${NET}/${name}/device`).then(
      () => true,
      () => false
    )
    // 0 = the card's own address; 1 to 3 = made up, or set by somebody (a phone that shares its internet does it at each plug).
    if (!real || (await readShort(`${NET}/${name}/addr_assign_type`, /^0$/)) === undefined) continue
    const mac = await readShort(`${NET}/${name}/address`)
    if (mac !== undefined && mac !== NO_MAC) macs.push(mac)
  }
  return macs
}

function addressesInUse(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, mac }) => !internal && mac !== NO_MAC)
    .map(({ mac }) => mac)
}

/** Undefined when it is not there, not ours to read, or a placeholder of a maker who wrote nothing. */
async function readShort(path: string, expected = /[1-9a-fA-F]/): Promise<string | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    return undefined
  }
  const value = text.replaceAll('\0', '').trim().slice(0, 128)
  return expected.test(value) && !/default|to be filled|none/i.test(value) ? value : undefined
}
