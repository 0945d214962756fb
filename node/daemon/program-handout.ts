/** The program as it is handed out to further devices. Loaded when somebody asks for it, which most devices never see. */
import type { HandoutDoor } from '../http/handout-routes.ts'
import type { ProgramHandout } from '../install/index.ts'
import type { Disk } from '../platform/disk.ts'

export interface GivenProgram extends HandoutDoor {
  /** What a computer that has nothing yet is given to paste. @throws JoineryError `NOT_COMPILED` */
  line(address: string, invitation: string): Promise<string>
}

/** @param directory `dist`, or the top of a checkout */
export function programHandout(disk: Disk, directory: string): GivenProgram {
  let opened: Promise<ProgramHandout> | undefined
  const open = (): Promise<ProgramHandout> => {
    opened ??= import('../install/index.ts').then(({ openHandout }) => openHandout(disk, directory))
    return opened
  }
  return {
    describe: async () => (await open()).describe(),
    async line(address, invitation) {
      const { handoutLine } = await import('../install/index.ts')
      return handoutLine(await (await open()).describe(), address, invitation)
    },
    async *read(start, end) {
      yield* (await open()).read(start, end)
    }
  }
}
