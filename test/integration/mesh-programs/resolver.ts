/**
 * A resolver as any stock one is, with nothing of ours: asks by IPv4 multicast who offers the service, then for the addresses of the host that
 * was named. Prints `host NAME PORT`, `A ADDRESS` and `AAAA ADDRESS`.
 */
import { createSocket } from 'node:dgram'
import { SocketAddress } from 'node:net'

const [via = ''] = process.argv.slice(2)
const GROUP = '224.0.0.251'
const SERVICE = '_p2p._udp.local'
const PTR = 12
const SRV = 33
const TYPES: Record<number, string> = { 1: 'A', 28: 'AAAA' }

const socket = createSocket({ type: 'udp4', reuseAddr: true })
const asked = new Set<string>()

function ask(name: string, types: readonly number[]): void {
  const labels = Buffer.concat(
    name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]))
  )
  for (const type of types) {
    const header = Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    socket.send(Buffer.concat([header, labels, Buffer.from([0, 0, type, 0, 1])]), 5353, GROUP)
  }
}

/** @returns the name, and where it ends */
function nameAt(bytes: Buffer, at: number): [string, number] {
  const labels: string[] = []
  let end: number | undefined
  while (bytes[at] !== 0) {
    const length = bytes.readUInt8(at)
    if (length >= 0xc0) {
      end ??= at + 2
      at = bytes.readUInt16BE(at) & 0x3fff
    } else {
      labels.push(bytes.toString('utf8', at + 1, at + 1 + length))
      at += 1 + length
    }
  }
  return [labels.join('.'), end ?? at + 1]
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16))
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}

socket.on('message', (bytes) => {
  if ((bytes.readUInt16BE(2) & 0x8000) === 0) return
  let at = 12
  const counts = [4, 6, 8, 10].map((place) => bytes.readUInt16BE(place))
  for (let i = 0; i < (counts[0] ?? 0); i++) at = nameAt(bytes, at)[1] + 4
  // Answers only: a resolver need not look further.
  for (let i = 0; i < (counts[1] ?? 0); i++) {
    const [name, after] = nameAt(bytes, at)
    const type = bytes.readUInt16BE(after)
    const length = bytes.readUInt16BE(after + 8)
    const data = bytes.subarray(after + 10, after + 10 + length)
    at = after + 10 + length
    if (type === PTR && name === SERVICE && !asked.has(name)) {
      asked.add(name)
      ask(nameAt(bytes, after + 10)[0], [SRV])
    }
    if (type === SRV && !asked.has(name)) {
      asked.add(name)
      const [host] = nameAt(bytes, after + 16)
      process.stdout.write(`host ${host} ${data.readUInt16BE(4)}\n`)
      ask(host, [1, 28])
    }
    if (TYPES[type] && asked.has(`${name.split('.')[0]}.${SERVICE}`))
      process.stdout.write(`${TYPES[type]} ${addressText(data)}\n`)
  }
})
socket.bind(5353, () => {
  socket.addMembership(GROUP, via)
  socket.setMulticastInterface(via)
  ask(SERVICE, [PTR])
})
