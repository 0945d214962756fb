/** The git host of a room: the local half and what devices agree on, put together. A device without git goes on without it. */
import { JoineryError } from '../../protocols/errors.ts'
import type { Repository, RepositoryId } from '../../protocols/git.ts'
import { deviceSlug } from '../../protocols/git-facts.ts'
import type { PeerLinks } from '../../protocols/message-stream.ts'
import {
  DiskRepositories,
  findGit,
  GitAgreement,
  LocalService,
  RepositoryBundling,
  RepositoryMaintenance,
  RepositoryReading
} from '../git/index.ts'
import type { Journal } from '../journal/index.ts'
import type { Membership } from '../room/index.ts'
import type { TakeHomeRepositories } from '../take-home/index.ts'
import { type Device, FOLDERS } from './device.ts'

export interface RoomGit {
  readonly agreement: GitAgreement
  readonly reading: RepositoryReading
  readonly taking: TakeHomeRepositories
  /** Repositories that this device tries to tidy in vain. */
  untidy(): Repository[]
  stop(): Promise<void>
}

export interface RoomGitComponents {
  device: Device
  journal: Journal
  membership: Membership
  links: PeerLinks
  onProblem(problem: { code: string; message: string; cause?: unknown }): void
}

/** @returns why it cannot be used here, when git is missing or too old */
export async function openRoomGit(components: RoomGitComponents): Promise<RoomGit | JoineryError> {
  const { device, journal, membership, links, onProblem } = components
  const { clock, config, disk, identity, random } = device
  try {
    const git = await findGit(clock)
    const directory = FOLDERS.git(config)
    await disk.makeDirectory(directory)
    const repositories = new DiskRepositories({ git, disk }, { directory })
    const agreement = await GitAgreement.open({
      ...{ journal, links, clock, random, repositories, onProblem },
      onAsked: (by, what) => device.log.debug({ by, what }, 'git for another device'),
      members: {
        self: identity.node,
        eligible: () => eligibleHomes(membership),
        slug: () => deviceSlug(String(membership.view().members.get(identity.node)?.settings.name ?? config.name))
      }
    })
    const besides = (id: RepositoryId): RepositoryId[] => agreement.directory.besides(id)
    agreement.start(new LocalService({ git, disk, clock, repositories, recorder: agreement, besides }))
    const bundling = new RepositoryBundling({ git, repositories })
    const maintenance = new RepositoryMaintenance({
      ...{ git, clock, repositories, onProblem },
      spentOf: (id) => agreement.directory.spentOf(id)
    })
    return {
      agreement,
      reading: new RepositoryReading(repositories),
      taking: {
        directory: agreement.directory,
        bundle: (id, signal) => bundling.bundle(id, signal),
        files: (id, commit, signal) => bundling.files(id, commit, signal),
        missing: (id, objects) => repositories.missing(id, objects)
      },
      untidy: () => maintenance.failing().flatMap((id) => agreement.directory.repository(id) ?? []),
      async stop() {
        await maintenance.stop()
        await agreement.stop()
      }
    }
  } catch (error) {
    if (!(error instanceof JoineryError) || !/^GIT_(?:MISSING|TOO_OLD)$/.test(error.code)) throw error
    onProblem({ code: error.code, message: error.message })
    return error
  }
}

function eligibleHomes(membership: Membership): string[] {
  const homes: string[] = []
  for (const { node, role, settings } of membership.view().members.values())
    if (role !== 'cloud' && settings.drained !== true) homes.push(node)
  return homes
}
