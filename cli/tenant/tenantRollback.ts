import { Refusal } from '../../lib/errors/refusal.ts'
import { parseConfiguration } from '../../lib/tenant/configuration.ts'
import type { StoredRevision } from '../../lib/tenant/storedRevision.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { command } from '../commandLine/command.ts'
import { required } from '../commandLine/option.ts'
import { baseOption, changeOptions, changeTenant } from './changeTenant.ts'
import { tenantOption } from './openTenant.ts'
import { revisionOf, revisionOption } from './tenantShow.ts'

/** Reads the configuration of a revision, checked anew: what was accepted once may not be any more. */
const configurationIn = ({ number, document, isIntact }: StoredRevision) => {
  if (isIntact) return parseConfiguration(JSON.parse(document))
  throw new Refusal(
    'configuration-invalid',
    `Cannot roll back: revision ${number} is not the document that was applied.`,
  )
}

export const tenantRollback = command({
  name: 'tenant rollback',
  summary: "put an earlier revision's configuration into force",
  options: {
    tenant: tenantOption,
    revision: required(revisionOption('the revision whose document becomes a new one')),
    base: baseOption('only if this revision is in force'),
    ...changeOptions,
  },
  async run(options, context) {
    const { revision, base = 'any' } = options
    const tenant = parseTenantId(options.tenant)
    const deployment = await context.deployment()
    const tables = context.openTables(deployment)
    const configuration = configurationIn(await revisionOf(tables, tenant, revision))
    const change = { configuration, base, action: `rollback to revision ${revision}`, forced: [] } as const
    return changeTenant(context, { ...options, deployment, tables }, change)
  },
})
