/**
 * The notes' pages for the front door: the document of `/notes/` and `/notes/<id>`, and the built files under `/notes/assets/`.
 * What is built is read once, at the start.
 */
import { join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import { isNoteId } from '../../protocols/note-facts.ts'
import type { Language } from '../../web-client/languages.ts'
import { NOTE_ASSETS_PATH, type NoteShell, notePagePolicy, renderNoteShell } from '../../web-client/notes/shell.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile } from '../platform/durable-file.ts'
import type { Random } from '../platform/random.ts'

export interface NotePagesComponents {
  disk: Disk
  random: Random
}

export interface NotePagesInit {
  /** `dist-web`, made by `web-client/notes/build.ts`. */
  directory: string
}

export interface NoteAnswer {
  bytes: Uint8Array
  headers: Readonly<Record<string, string>>
}

export interface NotePages {
  /**
   * @param ticket stands for the account's session on other devices
   * @returns undefined for an address that is no page of the notes
   */
  page(path: string, language: Language, account?: NoteShell['account'], ticket?: string): NoteAnswer | undefined
  /** @returns undefined when there is no such file */
  asset(path: string): NoteAnswer | undefined
}

const PAGES_PATH = '/notes/'
const ENTRY = 'web-client/notes/main.tsx'
/** The editor is the largest with 430 KB. */
const MAX_ASSET_BYTES = 2 * 2 ** 20
/** A new build has other names. */
const FOR_EVER = 'public, max-age=31536000, immutable'
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8'
}

interface Manifest {
  [source: string]: { file: string; css?: string[]; dynamicImports?: string[] }
}

/** @throws JoineryError `NOTES_NOT_BUILT` */
export async function createNotePages(components: NotePagesComponents, init: NotePagesInit): Promise<NotePages> {
  const { disk, random } = components
  const manifestBytes = await readSmallFile(disk, join(init.directory, 'manifest.json'), MAX_ASSET_BYTES)
  if (!manifestBytes) throw new JoineryError('NOTES_NOT_BUILT', `${init.directory} has no manifest`)
  const manifest = JSON.parse(new TextDecoder().decode(manifestBytes)) as Manifest
  const entry = manifest[ENTRY]
  if (!entry) throw new JoineryError('NOTES_NOT_BUILT', 'the manifest has no entry for the notes')

  const assets = new Map<string, NoteAnswer>()
  for (const { file, css = [] } of Object.values(manifest)) {
    for (const name of [file, ...css]) {
      const bytes = await readSmallFile(disk, join(init.directory, name), MAX_ASSET_BYTES)
      if (!bytes) throw new JoineryError('NOTES_NOT_BUILT', `${name} is missing`)
      const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
      assets.set(NOTE_ASSETS_PATH + name, { bytes, headers: { 'Content-Type': type, 'Cache-Control': FOR_EVER } })
    }
  }
  const addressOf = (name: string): string => NOTE_ASSETS_PATH + name
  const editor = (entry.dynamicImports ?? []).flatMap((source) => manifest[source]?.file ?? [])

  return {
    page(path, language, account, ticket) {
      if (!path.startsWith(PAGES_PATH)) return undefined
      const id = path.slice(PAGES_PATH.length)
      if (id !== '' && !isNoteId(id)) return undefined
      const nonce = Buffer.from(random.bytes(16)).toString('base64url')
      const html = renderNoteShell({
        language,
        nonce,
        ...(account !== undefined && { account }),
        ...(ticket !== undefined && { ticket }),
        script: addressOf(entry.file),
        styles: (entry.css ?? []).map(addressOf),
        preloads: id === '' ? [] : editor.map(addressOf)
      })
      return {
        bytes: new TextEncoder().encode(html),
        headers: {
          'Content-Type': 'text/html; charset=utf-8',
          'Content-Security-Policy': notePagePolicy(nonce),
          'Cache-Control': 'no-store',
          'X-Frame-Options': 'DENY',
          'X-Content-Type-Options': 'nosniff',
          'Referrer-Policy': 'no-referrer'
        }
      }
    },
    asset: (path) => assets.get(path)
  }
}
