import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  SEARCH_LIST_BROKEN: { status: 500, next: 'It is made again by itself; search once more.' }
})
