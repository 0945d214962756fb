/** What a search in the room answers. */

export interface PageHit {
  /** In the lessons, such as `software-carpentry/git-novice/01-basics.html`. */
  path: string
  title: string
  /** The heading above what was found, where it has an address of its own. */
  section?: { id: string; heading: string }
  /** Words around it; every second part is what was asked for. */
  snippet: string[]
}

export interface SearchAnswer {
  /** What was looked for, cut to what counts. */
  query: string
  pages: PageHit[]
  /** More pages than are listed have it. */
  more: boolean
  python: string[]
  r: string[]
  installers: { name: string; version?: string; path: string }[]
  /** How many of the lessons' pages have been read; fewer than all while the list is being made. */
  readPages: number
  allPages: number
}
