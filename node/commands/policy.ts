import type { Command } from 'commander'
import type { PlacementPolicy } from '../../protocols/content.ts'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import { MAX_POLICY_COPIES, policyOf } from '../../protocols/placement-policy.ts'
import type { Operations, PolicyRule } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { printable, table } from './printable.ts'

export function addPolicy(program: Command, context: CommandContext): void {
  program
    .command('policy')
    .summary('how many devices hold a copy')
    .argument('[target]', 'a collection, or a collection and a path: cran, installers/rstudio')
    .argument('[copies]', 'everywhere, a number of copies, on-demand, or standard')
    .description(
      'Shows or sets on how many devices things are kept.\n  everywhere   each device holds it\n  2            two devices hold it (any number)\n  on-demand    devices fetch it when somebody asks\n  standard     everywhere while it fits, else two copies'
    )
    .addHelpText(
      'after',
      `
Examples:
  joinery policy
  joinery policy installers 2
  joinery policy lessons everywhere`
    )
    .action(async (target: string | undefined, copies: string | undefined, _options: object, command: Command) => {
      if (target === undefined || copies === undefined) {
        const rules = await context.withOperations(command, { offline: true }, (operations) => operations.policies())
        const shown = target === undefined ? rules : rules.filter((rule) => rule.target === target)
        context.show(shown, () => table(shown.map(ruleCells)))
        return
      }
      const policy = parsePolicy(copies)
      const { rule, isThere } = await context.withOperations(command, { offline: true }, async (operations) => ({
        rule: await operations.setPolicy({ target, policy }),
        isThere: await holds(operations, target)
      }))
      const later = isThere ? '' : `\nNothing is in ${printable(target)} yet: it counts for what comes.`
      context.show(rule, () => `${printable(rule.target)}: ${policyText(rule.policy)}${later}`)
    })
}

/** A mistyped name is a rule too, for something that may come. */
async function holds(operations: Operations, target: string): Promise<boolean> {
  const [collection = '', ...path] = target.split('/')
  if (path.length === 0) return (await operations.collections()).some(({ name }) => name === collection)
  try {
    return (await operations.ls({ collection, prefix: path.join('/'), limit: 1 })).files.length > 0
  } catch (error) {
    if (!hasCode(error, 'COLLECTION_UNKNOWN')) throw error
    return false
  }
}

function ruleCells(rule: PolicyRule): string[] {
  return [rule.target, policyText(rule.policy), rule.standard ? '(standard)' : '']
}

export function policyText(policy: PlacementPolicy): string {
  if (policy.kind !== 'copies') return policy.kind
  return policy.copies === 1 ? '1 copy' : `${policy.copies} copies`
}

/** @returns null for the standard */
function parsePolicy(text: string): PlacementPolicy | null {
  const policy = policyOf(text)
  if (policy === undefined)
    throw new JoineryError(
      'USAGE',
      `"${printable(text)}" is neither everywhere, on-demand, standard nor a number from 1 to ${MAX_POLICY_COPIES}`
    )
  return policy
}
