export { pypiKind } from './inspector.ts'
export { createPypiMirror } from './mirror.ts'
