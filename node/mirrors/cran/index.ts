export { cranKind } from './inspector.ts'
export { createCranMirror } from './mirror.ts'
