export { Search, type SearchContent } from './search.ts'
