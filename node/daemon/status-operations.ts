import { PROGRAM_VERSION } from '../config/version.ts'
import type { NodeStatus, Operations, PeerStatus, UnplugAnswer } from '../control/operations.ts'
import { residentBytes } from '../platform/memory.ts'
import { FOLDERS } from './device.ts'
import { findDevice } from './find-device.ts'
import { problemsOf } from './findings.ts'
import { folderBytes } from './folder-bytes.ts'
import type { NodeOperationsInit } from './node-operations.ts'
import type { RoomSlot } from './room-slot.ts'
import { unplugWords } from './unplug-words.ts'

export function statusOperations(
  slot: RoomSlot,
  {
    overviews,
    addresses,
    httpPort,
    uptimeMs
  }: Pick<NodeOperationsInit, 'overviews' | 'addresses' | 'httpPort' | 'uptimeMs'>
): Pick<Operations, 'status' | 'peers' | 'safeToUnplug'> {
  const { config, disk } = slot.device
  return {
    async status(): Promise<NodeStatus> {
      const { current, mesh } = slot
      const overview = await overviews.overview()
      const files = await current?.blobs.status()
      return {
        version: PROGRAM_VERSION,
        device: { id: slot.device.identity.node, name: config.name, role: config.role },
        ...(overview.room ? { room: overview.room } : {}),
        addresses: addresses(),
        httpPort: httpPort(),
        meshPort: mesh?.meshPort ?? 0,
        meshAddresses: mesh?.addresses() ?? [],
        uptimeMs: Math.round(uptimeMs()),
        overview,
        journal: {
          batches: current?.journal.exchange.batchCount() ?? 0,
          bytes: current ? await folderBytes(disk, FOLDERS.journal(config)) : 0,
          writers: current?.journal.exchange.writerCount() ?? 0,
          forks: current?.journal.forks().length ?? 0
        },
        blobs: {
          held: files?.held ?? 0,
          heldBytes: files?.heldBytes ?? 0,
          missing: files?.missing ?? 0,
          missingBytes: files?.missingBytes ?? 0,
          quarantined: files?.quarantined ?? 0,
          freeDiskBytes: await disk.freeBytes(config.dataDirectory)
        },
        memoryBytes: residentBytes(),
        problems: await problemsOf(slot)
      }
    },

    async peers(): Promise<PeerStatus[]> {
      const overview = await overviews.overview()
      const known = new Map((slot.mesh?.peers() ?? []).map((peer) => [peer.node, peer]))
      return overview.devices
        .filter(({ self }) => !self)
        .map((device) => {
          const peer = known.get(device.id)
          return {
            ...device,
            remoteAddresses: peer?.remoteAddress === undefined ? [] : [peer.remoteAddress]
          }
        })
    },

    async safeToUnplug({ device }): Promise<UnplugAnswer> {
      const { runtime } = slot
      const { identity } = slot.device
      const { members } = runtime.membership.view()
      const { node, name } =
        device === undefined ? { node: identity.node, name: config.name } : findDevice(members.values(), device)
      const linked = node === identity.node || runtime.network?.mesh.links().some(({ peer }) => peer === node) === true
      const { safe, reason, onlyHereFiles, onlyHereBytes } = unplugWords(runtime, node, linked)
      const { remainingMs } = await runtime.blobs.status()
      return {
        id: node,
        name,
        safe,
        ...(reason === undefined ? {} : { reason }),
        onlyHereFiles,
        onlyHereBytes,
        ...(safe || remainingMs === undefined ? {} : { remainingMs })
      }
    }
  }
}
