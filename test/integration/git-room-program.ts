/**
 * A device of one that is killed by itself in the middle of a push: the real journal, agreement and local half behind the real front door.
 * `npx node git-room-program.ts FOLDER [STEP]`
 */
import { mkdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DiskRepositories, findGit, GitAgreement, LocalService, understoodGitKinds } from '../../node/git/index.ts'
import type { GitHost } from '../../node/http/git-route.ts'
import { createJournal } from '../../node/journal/index.ts'
import '../../node/people/errors.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { openLevel } from '../../node/platform/key-value.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { GitService, PushRecorder } from '../../protocols/git.ts'
import { nodeIdOfPublicKey } from '../../protocols/node-id.ts'
import type { Person } from '../../protocols/people.ts'
import { startFrontDoor } from '../browser/front-door-kit.ts'
import { sampleRoom } from '../browser/sample-room.ts'
import { believingAuthority, certifier, noSeal, PipeLinks } from '../kit/journal-pieces.ts'

const [, , folder = '', step] = process.argv
const self = nodeIdOfPublicKey(new Uint8Array(32).fill(1))
const ana: Person = { id: 'aa'.repeat(16), name: 'ana', shownName: 'Ana', role: 'learner' }

function dieAt(now: string): void {
  if (now === step) process.kill(process.pid, 'SIGKILL')
}

const journal = await createJournal(
  {
    ...{ store: await openLevel(join(folder, 'journal')), clock: systemClock, random: systemRandom },
    ...{ authority: believingAuthority, certify: certifier(self), seal: noSeal }
  },
  { node: self, understood: understoodGitKinds }
)
const git = await findGit(systemClock)
mkdirSync(join(folder, 'git'), { recursive: true })
const repositories = new DiskRepositories({ git, disk: nodeDisk }, { directory: join(folder, 'git') })
const agreement = await GitAgreement.open({
  ...{ journal, links: new PipeLinks(self), clock: systemClock, random: systemRandom, repositories },
  members: { self, eligible: () => [self], slug: () => 'pi-1' },
  onProblem: ({ message, cause }) => void writeSync(2, `${message} ${cause}\n`)
})
const recorder: PushRecorder = {
  async record(id, changes, by) {
    dieAt('after receive-pack')
    const lines = await agreement.record(id, changes, by)
    dieAt('after the record')
    return lines
  }
}
const local = new LocalService({ git, disk: nodeDisk, clock: systemClock, repositories, recorder })
const service: GitService = {
  async answer(id, request, signal) {
    const isPush = request.service === 'git-receive-pack' && request.step === 'run'
    if (isPush) dieAt('before receive-pack')
    const { body } = await local.answer(id, request, signal)
    return {
      body: (async function* () {
        for await (const bytes of body) {
          if (isPush) dieAt('before the report')
          yield bytes
        }
      })()
    }
  }
}
agreement.start(service)
const host: GitHost = {
  directory: agreement.directory,
  service: agreement,
  people: {
    person: (id) => (id === ana.id ? ana : undefined),
    named: (name) => (name === ana.name ? ana : undefined),
    list: () => [ana],
    onChange: () => () => undefined,
    withCodeOrToken: (name, code) =>
      name === ana.name && code === 'code'
        ? Promise.resolve(ana)
        : Promise.reject(new JoineryError('SIGN_IN_FAILED', 'no'))
  }
}
if (!agreement.directory.find(ana.id, 'recipes')) await agreement.directory.create(ana.id, 'recipes')
const { port } = await startFrontDoor(sampleRoom, { git: { current: () => host } })
// The clock's timers do not keep a process alive.
setInterval(() => undefined, 1_000)
writeSync(1, `http://ana:code@127.0.0.1:${port}/ana/recipes.git\n`)
