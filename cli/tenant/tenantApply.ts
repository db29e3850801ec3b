import { Refusal } from '../../lib/errors/refusal.ts'
import { parseTenantDocument } from '../../lib/tenant/tenantDocument.ts'
import { command } from '../commandLine/command.ts'
import { flag, required, text } from '../commandLine/option.ts'
import { baseOption, changeOptions, changeTenant, type TenantChange } from './changeTenant.ts'
import { readDocument } from './readDocument.ts'

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
  const document = await readDocument(file, 'configuration-invalid')
  const { configuration, policySet, base: told } = parseTenantDocument(document)
  if (named !== undefined && told !== undefined && named !== told)
    throw refuse(`--base is ${named}, and the document says revision ${told}`)
  const wanted = { configuration, policySet, action: 'apply' }
  if (replace) return { ...wanted, base: 'any', forced: [replacing] }
  return { ...wanted, base: named ?? told, forced: [] }
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
