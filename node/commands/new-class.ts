import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { JoineryError } from '../../protocols/errors.ts'
import type { Operations } from '../control/operations.ts'
import type { Disk } from '../platform/disk.ts'
import type { CommandContext } from './context.ts'
import { bytesText, countText, printable } from './printable.ts'

export function addTakeHome(program: Command, context: CommandContext): void {
  program
    .command('take-home')
    .summary('write what the class has made to one archive')
    .argument('<file>', 'a new ZIP file, such as /media/usb/class.zip')
    .description(
      'Writes every note, every repository with its history and the list of people to one ZIP file. Nothing in the room changes.\nLearners take their own things home at /take-home in a browser.'
    )
    .action(async (file: string, _options: object, command: Command) => {
      const path = resolve(context.program.workingDirectory, file)
      const archive = await context.withOperations(command, { offline: false }, (operations) =>
        writeArchive(context, operations, path)
      )
      context.show(archive, () => archivedText(archive))
    })
}

export function addNewClass(program: Command, context: CommandContext): void {
  program
    .command('new-class')
    .summary('archive a class and make the room ready for the next one')
    .argument('<file>', 'a new ZIP file for what the class has made, such as /media/usb/class.zip')
    .option('--yes', 'do not ask')
    .description(
      'Writes every note, every repository and the list of people to one ZIP file; then they leave every device of the room, also those that are off now, as soon as they are back. Devices, lessons, packages, settings and the accounts of facilitators stay.\nNothing is removed unless the archive is whole and on the disk, and nobody has worked meanwhile.'
    )
    .action(async (file: string, options: { yes?: boolean }, command: Command) => {
      const path = resolve(context.program.workingDirectory, file)
      const result = await context.withOperations(command, { offline: false }, async (operations) => {
        const archive = await writeArchive(context, operations, path)
        context.say(archivedText(archive))
        await context.confirm(
          'Notes, repositories and the accounts of learners and helpers leave every device now.',
          'new class',
          options.yes
        )
        return { ...archive, removed: await operations.newClass({ state: archive.state }) }
      })
      const { people, notes, repositories } = result.removed
      context.show(
        result,
        () =>
          `Gone: ${countText(people, 'account', 'accounts')}, ${countText(notes, 'note', 'notes')}, ${countText(repositories, 'repository', 'repositories')}. The room is ready for the next class.`
      )
    })
}

interface Archive {
  file: string
  bytes: number
  state: string
}

/** @throws JoineryError `FILE_EXISTS`; nothing is left of an archive that is not whole */
async function writeArchive(context: CommandContext, operations: Operations, path: string): Promise<Archive> {
  const { disk } = context.program
  if ((await disk.stat(path)) !== undefined)
    throw new JoineryError('FILE_EXISTS', `${printable(path)} is there already`)
  const part = `${path}.part`
  try {
    const { bytes, state } = await receive(disk, part, operations.classArchive({}, context.signal))
    await disk.rename(part, path)
    await disk.syncDirectory(dirname(path))
    return { file: path, bytes, state }
  } catch (error) {
    await disk.remove(part)
    throw error
  }
}

/** Resolves once the whole archive is on the medium. */
async function receive(
  disk: Disk,
  path: string,
  items: ReturnType<Operations['classArchive']>
): Promise<{ bytes: number; state: string }> {
  const file = await disk.open(path, 'create')
  let bytes = 0
  let state: string | undefined
  try {
    for await (const item of items) {
      if (item.kind === 'done') state = item.state
      else {
        const span = Buffer.from(item.base64, 'base64')
        await file.write(span, bytes)
        bytes += span.length
      }
    }
    if (state === undefined) throw new JoineryError('CLOSED', 'the archive has no end')
    await file.sync()
  } finally {
    await file.close()
  }
  return { bytes, state }
}

function archivedText({ file, bytes }: Archive): string {
  return `The class is in ${printable(file)}, ${bytesText(bytes)}.`
}
