/** The program: what the launcher in bin/ runs. Parts are loaded when a command needs them, so that short commands are quick. */
import { runProcess } from './commands/process.ts'

await runProcess({
  hasRoom: async (config) => (await import('./daemon.ts')).hasRoom(config),
  startDaemon: async (config) => (await import('./daemon.ts')).startDaemon(config),
  openOffline: async (config) => (await import('./daemon.ts')).openOffline(config)
})
