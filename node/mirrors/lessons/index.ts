export { lessonsKind } from './inspector.ts'
export { createLessonsMirror } from './mirror.ts'
