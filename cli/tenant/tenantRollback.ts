import { Refusal } from '../../lib/errors/refusal.ts'
import { parseConfiguration } from '../../lib/tenant/configuration.ts'
import type { StoredRevision } from '../../lib/tenant/storedRevision.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { readReason } from './readReason.ts'
import type { Command } from '../commandLine/command.ts'
import { requiredOption } from '../commandLine/requiredOption.ts'
import { baseOption, changeHelp, changeOptions, changeTenant } from './tenantChange.ts'
import { revisionOf, revisionOption } from './tenantShow.ts'

/** The configuration of a revision, checked anew: what was accepted once may not be any more. */
const configurationIn = ({ number, document, isIntact }: StoredRevision) => {
  if (isIntact) return parseConfiguration(JSON.parse(document))
  throw new Refusal(
    'configuration-invalid',
    `Cannot roll back: revision ${number} is not the document that was applied.`,
  )
}

export const tenantRollback: Command = {
  name: 'tenant rollback',
  summary: "put an earlier revision's configuration into force",
  help: `--tenant TENANT
--revision NUMBER
                the revision whose document becomes a new one
--base NUMBER   only if this revision is in force
${changeHelp}`,
  options: { tenant: { type: 'string' }, revision: { type: 'string' }, ...changeOptions },
  async run(context) {
    const { values } = context
    readReason(context)
    const tenant = parseTenantId(requiredOption(values, 'tenant'))
    requiredOption(values, 'revision')
    const [number = 0, base = 'any'] = [revisionOption(values), baseOption(values)]
    const deployment = await context.deployment()
    const tables = context.openTables(deployment)
    const configuration = configurationIn(await revisionOf(tables, tenant, number))
    const change = { configuration, base, action: `rollback to revision ${number}`, forced: [] } as const
    return changeTenant(context, { deployment, tables }, change)
  },
}
