/** What a person can ask about content: import, list, versions, policies. */

import type { Cid } from '../../protocols/cid.ts'
import type { ContentFile, PlacementPolicy } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Collections, ImportOptions, ImportReport, Revision } from '../collections/index.ts'
import type {
  CollectionStatus,
  HistoryVersion,
  ImportRequest,
  ImportResult,
  ListedFile,
  Operations,
  PolicyRule
} from '../control/operations.ts'
import { progressStream } from './progress-stream.ts'

/** Enough to be unique in any room, short enough to type. */
const SHORT_REVISION_CHARACTERS = 12
/** All CIDs of ours begin alike; what tells them apart comes after this. */
const CID_PREFIX = 'bafkrei'
const MAX_LIST = 1000
const MAX_HISTORY = 200

export interface ContentComponents {
  collections: Collections
  blobs: {
    hasLocally(cid: Cid): boolean
    /** Devices known to hold it, this one included. */
    copiesOf(cid: Cid): number
    /** Whether fewer devices than its policy asks for are known to hold it. */
    isShortOfCopies(cid: Cid): boolean
  }
  nameOf(device: NodeId): string
  /** Unpacks a ZIP file into a folder that is there while `use` runs. */
  unpacked<Result>(zip: string, signal: AbortSignal, use: (folder: string) => Promise<Result>): Promise<Result>
}

export type ContentOperations = Pick<
  Operations,
  'import' | 'collections' | 'ls' | 'removePath' | 'history' | 'rollback' | 'policies' | 'setPolicy'
>

export function contentOperations({ collections, blobs, nameOf, unpacked }: ContentComponents): ContentOperations {
  return {
    import: (request, signal) =>
      progressStream(async (report, stop) => {
        const imported = (source: string): Promise<ImportReport> =>
          collections.importFolder(source, {
            ...importOptions(request),
            signal: stop,
            progress: ({ phase, ...rest }) => report({ kind: 'step', phase, ...rest }),
            problem: (problem) => report({ kind: 'notice', level: 'problem', ...problem })
          })
        const found = request.unpack ? await unpacked(request.source, stop, imported) : await imported(request.source)
        for (const { collection, path, what } of found.notices) {
          report({
            kind: 'notice',
            level: 'warning',
            code: 'INCOMPLETE',
            text: what,
            path: `${collection}/${path}`
          })
        }
        return importResult(found)
      }, signal),

    async collections() {
      return collections.summary().map((one) => {
        const status: CollectionStatus = {
          name: one.collection,
          files: one.files,
          sizeBytes: one.sizeBytes,
          heldFiles: 0,
          heldBytes: 0,
          version: shortRevision(one.revision),
          policy: one.policy,
          shortOfCopies: 0
        }
        for (const file of collections.list(one.collection)) {
          if (isHere(blobs, file)) {
            status.heldFiles++
            status.heldBytes += file.sizeBytes
          }
          if (blobs.isShortOfCopies(file.cid)) status.shortOfCopies++
        }
        return status
      })
    },

    async ls({ collection, prefix, after, limit }) {
      const most = Math.min(Math.max(1, limit), MAX_LIST)
      const files: ListedFile[] = []
      const range = { ...(prefix === undefined ? {} : { prefix }), ...(after === undefined ? {} : { after }) }
      for (const file of collections.list(collection, range)) {
        if (files.length === most) return { files, more: true }
        const { path, sizeBytes, cid } = file
        files.push({ collection, path, sizeBytes, cid, here: isHere(blobs, file), copies: blobs.copiesOf(cid) })
      }
      return { files, more: false }
    },

    async removePath({ collection, path }) {
      const { removed, revision } = await collections.remove(collection, path)
      return { removed, version: shortRevision(revision) }
    },

    async history({ collection }) {
      return collections
        .history(collection)
        .slice(0, MAX_HISTORY)
        .map((revision) => historyVersion(revision, nameOf))
    },

    async rollback({ collection, version }) {
      const { revision } = await collections.rollback(collection, fullRevision(collections, collection, version))
      const made = collections.history(collection).find((one) => one.revision === revision)
      if (!made) throw new JoineryError('INTERNAL', 'the version that was just made is not in the history')
      return historyVersion(made, nameOf)
    },

    policies: async () => collections.policies().map(policyRule),

    async setPolicy({ target, policy }) {
      const { collection, prefix } = policyTarget(target)
      await collections.setPolicy(collection, prefix, policy ?? undefined)
      const rules = collections.policies()
      const rule =
        rules.find((one) => one.collection === collection && one.prefix === prefix) ??
        rules.find((one) => one.collection === collection && one.prefix === '')
      // Nothing is there, and no rule is left for it.
      if (!rule) return { target, policy: { kind: 'everywhere' }, standard: true }
      return policyRule(rule)
    }
  }
}

function isHere(blobs: ContentComponents['blobs'], file: ContentFile): boolean {
  return blobs.hasLocally(file.cid) && (file.pieces === undefined || blobs.hasLocally(file.pieces))
}

function importOptions({ collection, under, others, system, dryRun, strict }: ImportRequest): ImportOptions {
  return {
    ...(others === undefined ? {} : { others }),
    ...(system === undefined ? {} : { details: { system } }),
    ...(collection === undefined ? {} : { collection }),
    ...(under === undefined ? {} : { under }),
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(strict === undefined ? {} : { strict })
  }
}

function importResult(report: ImportReport): ImportResult {
  return {
    collections: report.collections.map(({ revision, ...counts }) => ({
      ...counts,
      ...(revision === undefined ? {} : { version: shortRevision(revision) })
    })),
    refused: report.problems.length + report.problemsLeftOff
  }
}

function shortRevision(revision: string): string {
  const told = revision.startsWith(CID_PREFIX) ? revision.slice(CID_PREFIX.length) : revision
  return told.slice(0, SHORT_REVISION_CHARACTERS)
}

/** People type the short name that we show, or a whole CID. */
function fullRevision(collections: Collections, collection: string, version: string): string {
  const matches = collections
    .history(collection)
    .filter(({ revision }) => revision === version || revision.slice(CID_PREFIX.length).startsWith(version))
  const [only, other] = matches
  if (!only) throw new JoineryError('REVISION_UNKNOWN', `${collection} has no version ${version}`)
  if (other && other.revision !== only.revision) {
    throw new JoineryError('REVISION_UNKNOWN', `more than one version of ${collection} begins with ${version}`)
  }
  return only.revision
}

function historyVersion(revision: Revision, nameOf: (device: NodeId) => string): HistoryVersion {
  return {
    version: shortRevision(revision.revision),
    device: nameOf(revision.device),
    ...(revision.wallMs === undefined ? {} : { wallMs: revision.wallMs }),
    action: revision.action,
    files: revision.files,
    sizeBytes: revision.sizeBytes,
    current: revision.current
  }
}

function policyTarget(target: string): { collection: string; prefix: string } {
  const slash = target.indexOf('/')
  return slash < 0
    ? { collection: target, prefix: '' }
    : { collection: target.slice(0, slash), prefix: target.slice(slash + 1) }
}

function policyRule(rule: {
  collection: string
  prefix: string
  policy: PlacementPolicy
  standard: boolean
}): PolicyRule {
  const target = rule.prefix === '' ? rule.collection : `${rule.collection}/${rule.prefix}`
  return { target, policy: rule.policy, standard: rule.standard }
}
