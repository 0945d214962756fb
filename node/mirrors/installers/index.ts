export { installersKind } from './inspector.ts'
export { createInstallersMirror } from './mirror.ts'
