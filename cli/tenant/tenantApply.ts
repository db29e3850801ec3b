import { buffer } from 'node:stream/consumers'
import { Refusal } from '../../lib/errors/refusal.ts'
import { parseJson } from '../../lib/json/parseJson.ts'
import { parseTenantDocument } from '../../lib/tenant/tenantDocument.ts'
import { readReason } from './readReason.ts'
import type { Command, OptionValues } from '../commandLine/command.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { requiredOption } from '../commandLine/requiredOption.ts'
import { baseOption, changeHelp, changeOptions, changeTenant, type TenantChange } from './tenantChange.ts'

const readDocument = async (file: string): Promise<unknown> => {
  const octets = file === '-' ? await buffer(process.stdin) : readInput(file)
  return parseJson(octets, (why) => new Refusal('configuration-invalid', `Cannot read ${file}: it ${why}.`))
}

/** What `--replace` passes over. */
const replacing = 'replaced the revision in force, whichever it was'

const refuse = (why: string) => new Refusal('usage-wrong', `Cannot apply the configuration: ${why}.`)

const readChange = async (values: OptionValues): Promise<TenantChange> => {
  const [named, replaces] = [baseOption(values), values['replace'] === true]
  if (named !== undefined && replaces) throw refuse('give --base or --replace, not both')
  const { configuration, base: told } = parseTenantDocument(
    await readDocument(requiredOption(values, 'file')),
  )
  if (named !== undefined && told !== undefined && named !== told)
    throw refuse(`--base is ${named}, and the document says revision ${told}`)
  if (replaces) return { configuration, base: 'any', action: 'apply', forced: [replacing] }
  return { configuration, base: named ?? told, action: 'apply', forced: [] }
}

export const tenantApply: Command = {
  name: 'tenant apply',
  summary: "put a tenant's configuration into force",
  help: `-f FILE         the configuration document, or what tenant show --json
                printed; - reads standard input
--base NUMBER   the revision that the document changes, where it does not
                say so; a new tenant needs none
--replace       replace the revision in force, whichever it is
${changeHelp}`,
  options: { file: { type: 'string', short: 'f' }, replace: { type: 'boolean' }, ...changeOptions },
  async run(context) {
    readReason(context)
    const change = await readChange(context.values)
    const deployment = await context.deployment()
    return changeTenant(context, { deployment, tables: context.openTables(deployment) }, change)
  },
}
