import { Refusal } from '../../lib/errors/refusal.ts'
import { parseConfiguration } from '../../lib/tenant/configuration.ts'
import { policySetOf, type RevisionContent } from '../../lib/tenant/revisionContent.ts'
import type { StoredRevision } from '../../lib/tenant/storedRevision.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { command } from '../commandLine/command.ts'
import { required } from '../commandLine/option.ts'
import { changeOptions, changeTenant, guardOption } from './changeTenant.ts'
import { tenantOption } from './tenantOption.ts'
import { revisionOf, revisionOption } from './tenantShow.ts'

/** Reads what a revision says, to be checked anew: what was accepted once may not be any more. */
const contentIn = (stored: StoredRevision): RevisionContent => {
  const { number, document, isIntact } = stored
  if (isIntact)
    return { configuration: parseConfiguration(JSON.parse(document)), policySet: policySetOf(stored) }
  throw new Refusal(
    'configuration-invalid',
    `Cannot roll back: revision ${number} is not the one that was applied.`,
  )
}

export const tenantRollback = command({
  name: 'tenant rollback',
  summary: 'put an earlier revision into force',
  options: {
    tenant: tenantOption,
    revision: required(revisionOption('the revision that becomes a new one')),
    base: guardOption,
    ...changeOptions,
  },
  async run(options, context) {
    const { revision, base = 'any' } = options
    const tenant = parseTenantId(options.tenant)
    const deployment = await context.deployment()
    const tables = context.openTables(deployment)
    const content = contentIn(await revisionOf(tables, tenant, revision))
    const change = { ...content, base, action: `rollback to revision ${revision}`, forced: [] } as const
    return changeTenant(context, { ...options, deployment, tables }, change)
  },
})
