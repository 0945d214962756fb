export type { SearchContent } from './page-list.ts'
export { Search } from './search.ts'
