/** Objects come from whoever has them: a device that lies, breaks off or has nothing costs a try and changes nothing. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GIT_STREAM_LIMITS } from '../../node/git/agreement/peer-streams.ts'
import { Replication } from '../../node/git/agreement/replication.ts'
import { answerPeers } from '../../node/git/agreement/serving.ts'
import { DiskRepositories, findGit } from '../../node/git/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { encodeGitHead, GIT_PROTOCOL } from '../../protocols/git-stream.ts'
import type { MessageStream } from '../../protocols/message-stream.ts'
import { PipeLinks } from '../kit/journal-pieces.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const ID = 'ab'.repeat(16)
const MAIN = 'refs/heads/main'

/** What a device may do instead of git's protocol, after it said that it has everything. */
const LIES: Readonly<Record<string, (stream: MessageStream) => Promise<void>>> = {
  noise: async (stream) => {
    const random = seededRandom(7)
    for (let at = 0; at < 20; at++) await stream.send(random.bytes(10_000))
    await stream.close()
  },
  'an end': (stream) => stream.close(),
  'an abort': (stream) => Promise.resolve(stream.abort(new Error('gone'))),
  'a promise of endless lines': async (stream) => {
    for (let at = 0; at < 20; at++) await stream.send(Buffer.from('fff0'.repeat(4_000)))
    await stream.close()
  }
}

test.each(Object.keys(LIES))('%s instead of objects: they come from the next device', async (lie) => {
  using folder = temporaryFolder()
  const git = await findGit(systemClock)
  const open = (name: string): DiskRepositories => {
    const directory = join(folder.path, name)
    mkdirSync(directory)
    return new DiskRepositories({ git, disk: nodeDisk }, { directory })
  }
  const [honest, learner] = [open('honest'), open('learner')]
  await honest.ensure(ID)
  const inBare = (...words: string[]): string =>
    execFileSync('git', ['--git-dir', honest.folder(ID), ...words], { input: '' })
      .toString()
      .trim()
  const identity = ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.org']
  const head = inBare(...identity, 'commit-tree', '-m', 'first', inBare('mktree'))

  const links = ['liar', 'honest', 'learner'].map((name) => new PipeLinks(name))
  const [ofLiar, ofHonest, ofLearner] = links
  if (!ofLiar || !ofHonest || !ofLearner) throw new Error('three links')
  ofLiar.handle(GIT_PROTOCOL, GIT_STREAM_LIMITS, async (stream) => {
    await stream.receive()
    await stream.send(encodeGitHead({ ok: true, lacks: [] }))
    await LIES[lie]?.(stream)
  })
  ofHonest.handle(GIT_PROTOCOL, GIT_STREAM_LIMITS, (stream) =>
    answerPeers(stream, {
      repositories: honest,
      answer: () => Promise.reject(new Error('not asked')),
      heads: () => Promise.resolve(new Uint8Array(32)),
      reaches: () => Promise.resolve(true),
      noteHeld: () => undefined,
      isKnown: () => true
    })
  )
  PipeLinks.connect(ofLearner, ofLiar)
  PipeLinks.connect(ofLearner, ofHonest)
  const problems: string[] = []
  let replication: Replication | undefined
  const shown = await new Promise<ReadonlyMap<string, string>>((resolve) => {
    replication = new Replication({
      ...{ links: ofLearner, clock: systemClock, repositories: learner },
      wanted: () => ({ refs: new Map([[MAIN, head]]), kept: [], makers: ['liar'] }),
      onHeld: () => undefined,
      onShown: (_id, refs) => resolve(refs),
      onProblem: ({ message }) => problems.push(message)
    })
    replication.look(ID)
  })
  expect([...shown]).toEqual([[MAIN, head]])
  expect([...(await learner.refs(ID))]).toEqual([[MAIN, head]])
  expect(await learner.missing(ID, [head])).toEqual([])
  expect(problems).toEqual(['fetching from liar'])
  await replication?.stop()
})
