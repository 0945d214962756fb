/**
 * Git on one device: system git under fixed settings, bare repositories, and the answers to git clients.
 *
 * ```ts
 * const git = await findGit(clock)
 * const repositories = new DiskRepositories({ git, disk }, { directory: join(dataDirectory, 'git') })
 * const local = new LocalService({ git, disk, clock, repositories, recorder })
 * ```
 */
import './errors.ts'

export { GitAgreement, understoodGitKinds, waitedForGitKinds } from './agreement/index.ts'
export { RepositoryBundling } from './bundling.ts'
export { findGit, type GitProgram } from './git-program.ts'
export { type ByteChannel, DiskRepositories, type LocalRepositories } from './local-repositories.ts'
export { LocalService } from './local-service.ts'
export { RepositoryMaintenance } from './maintenance.ts'
export { RepositoryReading } from './reading.ts'
export { GitSsh, type SshHost } from './ssh/ssh-server.ts'
