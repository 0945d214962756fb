/** Texts of the room's dashboard; one file per language in `texts/`. The compiler finds a missing one. */
import type { RoomWarning } from '../../protocols/room-glance.ts'
import type { Language } from '../languages.ts'
import { en } from './texts/en.ts'
import { es } from './texts/es.ts'
import { fr } from './texts/fr.ts'
import { pt } from './texts/pt.ts'

export interface RoomTexts {
  live: string
  notLive: string
  warnings: { title: string; allWell: string; of(warning: RoomWarning): { text: string; next: string } }
  signals: {
    title: string
    counts(red: number, hands: number, green: number, learners: number): string
    none: string
    red: string
    green: string
    hand: string
    since(time: string): string
    allDown: string
    allDownExplain: string
  }
  map: {
    title: string
    explain: string
    summary(devices: number, links: number): string
    link(a: string, b: string, speed: string): string
    roundTrip(ms: string): string
  }
  figures: {
    more: string
    board: string
    version: string
    uptime: string
    load: string
    memory: string
    free(free: string, all: string): string
    temperature: string
    clients: string
    ofMost(now: string, most: string): string
    sees: string
    nobody: string
    rate(size: string): string
    noFigures: string
    hour: string
    hourLoad: string
    hourMemory: string
    hourSent: string
    now: string
    hourAgo: string
    most(value: string): string
    /** Behind the charts: a table. */
    values: string
    /** Over numbers of minutes. */
    when: string
    /** Of files: those that a device should hold, and others that it keeps. */
    andMore(wanted: string, more: string): string
  }
  collections: {
    title: string
    explain: string
    name: string
    size: string
    files(count: number): string
    copies: string
    fewest(count: number): string
    single(count: number): string
    where: string
    all: string
    versions: string
  }
  clock: {
    title: string
    shows(time: string): string
    explain: string
    isSet: string
    isNotSet: string
    set: string
    setByHand: string
    notForward: string
    wrong: string
  }
  actions: {
    title: string
    name: string
    rename: string
    moveOff: string
    moveOffExplain: string
    keep: string
    remove: string
    removeExplain: string
    stolen: string
    stolenExplain: string
    confirm(name: string): string
    notConfirmed: string
    approve: string
    decline: string
    done: string
  }
  content: {
    title: string
    explain: string
    file: string
    collection: string
    auto: string
    unpack: string
    upload: string
    running: string
    sticks: string
    addStick: string
    folders: string
    addFolder: string
    foldersProblem(code: string): string
    added: string
    refused(count: number): string
    failed: string
    versionsOf(name: string): string
    version: string
    from: string
    current: string
    rollback: string
    back: string
  }
  ready: {
    title: string
    explain: string
    start: string
    running: string
    none: string
    good: string
    bad: string
    device: string
    steps: Record<'pip' | 'r' | 'lesson' | 'note' | 'git', string>
    ok: string
    failed: string
    missing: string
    print: string
  }
  agoMinutes(count: number): string
}

const ALL: Readonly<Record<Language, RoomTexts>> = { en, es, fr, pt }

export function roomTextsIn(language: Language): RoomTexts {
  return ALL[language]
}
