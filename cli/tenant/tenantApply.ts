import { buffer } from 'node:stream/consumers'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { parseJson } from '../../lib/json/parseJson.ts'
import { parseTenantDocument } from '../../lib/tenant/tenantDocument.ts'
import { command } from '../commandLine/command.ts'
import { flag, required, text } from '../commandLine/option.ts'
import { baseOption, changeOptions, changeTenant, type TenantChange } from './changeTenant.ts'

const readDocument = async (file: string): Promise<unknown> => {
  const octets = file === '-' ? await buffer(process.stdin) : readInput(file)
  return parseJson(octets, (why) => new Refusal('configuration-invalid', `Cannot read ${file}: it ${why}.`))
}

/** Records what `--replace` passes over. */
const replacing = 'replaced the revision in force, whichever it was'

const refuse = (why: string) => new Refusal('usage-wrong', `Cannot apply the configuration: ${why}.`)

interface Wanted {
  readonly file: string
  readonly base: number | undefined
  readonly replace: boolean
}

const readChange = async ({ file, base: named, replace }: Wanted): Promise<TenantChange> => {
  if (named !== undefined && replace) throw refuse('give --base or --replace, not both')
  const { configuration, base: told } = parseTenantDocument(await readDocument(file))
  if (named !== undefined && told !== undefined && named !== told)
    throw refuse(`--base is ${named}, and the document says revision ${told}`)
  if (replace) return { configuration, base: 'any', action: 'apply', forced: [replacing] }
  return { configuration, base: named ?? told, action: 'apply', forced: [] }
}

export const tenantApply = command({
  name: 'tenant apply',
  summary: "put a tenant's configuration into force",
  options: {
    file: required(
      text('FILE', 'the configuration document, or what tenant show --json printed; - reads standard input', {
        short: 'f',
      }),
    ),
    base: baseOption(
      'the revision that the document changes, where it does not say so; a new tenant needs none',
    ),
    replace: flag('replace the revision in force, whichever it is'),
    ...changeOptions,
  },
  async run(options, context) {
    const change = await readChange(options)
    const deployment = await context.deployment()
    return changeTenant(context, { ...options, deployment, tables: context.openTables(deployment) }, change)
  },
})
