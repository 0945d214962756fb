/** The one line that a client of SSH asks for: `git-upload-pack '/ana/recipes.git'`, quoted as git does. */
import { isRepositoryName } from '../../../protocols/git-names.ts'
import { MAX_COMMAND_CHARACTERS } from './limits.ts'

export interface SshCommand {
  service: 'git-upload-pack' | 'git-receive-pack'
  person: string
  repository: string
}

const COMMAND = /^git[- ](upload-pack|receive-pack) '\/?([^'/]+)\/([^'/]+?)(?:\.git)?\/?'$/

/** @returns undefined for everything else: nothing is ever run */
export function readCommand(text: string): SshCommand | undefined {
  if (text.length > MAX_COMMAND_CHARACTERS) return undefined
  const [, verb, person = '', repository = ''] = COMMAND.exec(text) ?? []
  if (verb === undefined || !isRepositoryName(repository)) return undefined
  return { service: verb === 'upload-pack' ? 'git-upload-pack' : 'git-receive-pack', person, repository }
}
