/** Ports between devices: any free ones when nobody chose, the chosen one or none. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { joinery, joineryAnyway, NodeProcess } from '../kit/node-process.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

async function take(port: number): Promise<Server> {
  const server = createServer().listen(port, '0.0.0.0')
  await once(server, 'listening')
  return server
}

test('a device that took any free port takes another one when the next one up is somebody else’s by the time it joins a room', async () => {
  using folder = temporaryFolder()
  const place = { data: join(folder.path, 'data') }
  await using node = await NodeProcess.start(place, ['--without-room', '--no-discovery', '--mesh-port', '0'])
  const { meshPort } = await node.status()
  const taken = await take(meshPort + 1)
  try {
    await joinery(place, ['init', '--name', 'Shelf'])
    const { room, meshPort: now } = await node.status()
    expect(room?.name).toBe('Shelf')
    expect(now).toBeGreaterThan(0)
    expect(now).not.toBe(meshPort)
  } finally {
    taken.close()
  }
  await node.stop()
})

test('a port that a person chose and somebody else has is an error that names it', async () => {
  using folder = temporaryFolder()
  const place = { data: join(folder.path, 'data') }
  const taken = await take(0)
  const { port } = taken.address() as AddressInfo
  try {
    const words = ['start', '--new-room', 'Shelf', '--no-discovery', '--port', '0', '--mesh-port', String(port)]
    const started = await joineryAnyway(place, words)
    expect(started).toMatchObject({ code: 1, stderr: expect.stringContaining('MESH_PORT_BUSY') })
    expect(started.stderr).toContain(String(port))
  } finally {
    taken.close()
  }
})
