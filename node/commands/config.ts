import type { Command } from 'commander'
import { configFileOf, writeSetting } from '../config/load.ts'
import { SETTINGS, settingNamed, variableOf } from '../config/settings.ts'
import type { CommandContext, GlobalOptions } from './context.ts'
import { printable } from './printable.ts'

export function addConfig(program: Command, context: CommandContext): void {
  const config = program
    .command('config')
    .summary('settings of this device')
    .description('Shows and changes the settings. A running device takes them up when it is started again.')

  config
    .command('list', { isDefault: true })
    .description('every setting, its value, where that comes from, and what it means')
    .action(async (_options: object, command: Command) => {
      const loaded = await context.load(command)
      const shown = SETTINGS.map((setting) => ({
        key: setting.name,
        value: loaded.config[setting.key] ?? null,
        origin: loaded.origins.get(setting.key) ?? 'built in',
        variable: variableOf(setting),
        meaning: setting.meaning,
        takes: setting.takes
      }))
      context.show(shown, () =>
        shown
          .map(
            (one) =>
              `${context.style('bold', one.key)} = ${valueText(one.value)}  (${one.origin})\n  ${one.meaning}\n  Takes ${one.takes}; ${one.variable} overrides it.`
          )
          .join('\n')
      )
    })

  config
    .command('get')
    .argument('<key>')
    .description('one value')
    .action(async (key: string, _options: object, command: Command) => {
      const setting = settingNamed(key)
      const { config: loaded } = await context.load(command)
      const value = loaded[setting.key] ?? null
      context.show(value, () => valueText(value))
    })

  config
    .command('set')
    .argument('<key>')
    .argument('<value>')
    .description('sets one value in the file')
    .action(async (key: string, value: string, _options: object, command: Command) => await write(command, key, value))

  config
    .command('unset')
    .argument('<key>')
    .description('takes one value out of the file, so that the built-in one counts')
    .action(async (key: string, _options: object, command: Command) => await write(command, key, undefined))

  config
    .command('path')
    .description('where the file is')
    .action(async (_options: object, command: Command) => {
      const file = await fileOf(command)
      context.show(file, () => file)
    })

  async function fileOf(command: Command): Promise<string> {
    const options = command.optsWithGlobals<GlobalOptions>()
    const dataDirectory = await context.dataDirectory(options)
    return configFileOf({ dataDirectory, ...(options.config !== undefined && { configFile: options.config }) })
  }

  async function write(command: Command, key: string, value: string | undefined): Promise<void> {
    const file = await fileOf(command)
    await writeSetting(context.program.disk, file, key, value)
    context.show({ key, file }, () => `Written to ${file}. A running device takes it up at its next start.`)
  }
}

function valueText(value: unknown): string {
  if (value === null) return '(chosen by itself)'
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : value.map((one) => printable(String(one))).join(', ')
  return printable(String(value))
}
