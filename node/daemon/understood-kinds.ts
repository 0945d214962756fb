/** Kinds of entries that this program understands, with the highest version of each: others that are critical stop it from deciding. */
import { COLLECTION_KINDS } from '../../protocols/collection-facts.ts'
import { ROOM_FACT_VERSION, type RoomFact } from '../../protocols/room-facts.ts'
import { WANT_FACT_VERSION, WANTS_KIND } from '../../protocols/want-facts.ts'
import { WANT_FETCH_KIND, WANT_FETCHING_VERSION, WANT_SETTING_KIND } from '../../protocols/want-fetching.ts'
import { WIFI_FACT_VERSION, WIFI_KIND } from '../../protocols/wifi-facts.ts'
import { understoodGitKinds } from '../git/index.ts'
import { understoodNoteKinds } from '../notes/index.ts'
import { understoodPeopleKinds } from '../people/index.ts'

const ROOM_KINDS: readonly RoomFact['kind'][] = [
  'joined',
  'admitted',
  'invited',
  'revoked',
  'removed',
  'node-setting',
  'room-named'
]

export const UNDERSTOOD_KINDS: ReadonlyMap<string, number> = new Map([
  ...ROOM_KINDS.map((kind) => [kind, ROOM_FACT_VERSION] as const),
  ...COLLECTION_KINDS,
  [WIFI_KIND, WIFI_FACT_VERSION],
  [WANTS_KIND, WANT_FACT_VERSION],
  [WANT_SETTING_KIND, WANT_FETCHING_VERSION],
  [WANT_FETCH_KIND, WANT_FETCHING_VERSION],
  ...understoodNoteKinds,
  ...understoodPeopleKinds,
  ...understoodGitKinds
])
