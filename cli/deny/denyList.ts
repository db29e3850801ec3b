import { readDenyHistory } from '../../lib/tenant/denyHistory.ts'
import { command } from '../commandLine/command.ts'
import { flag } from '../commandLine/option.ts'
import { changeJson, describeChange, describeEntry, entryJson } from './describeEntry.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'

export const denyList = command({
  name: 'deny list',
  summary: 'show who is stopped, since when and why',
  options: { tenant: tenantOption, history: flag('every change instead, oldest first') },
  async run({ tenant: id, history: isHistory }, context) {
    const { tables, tenant, configuration } = await openTenant(context, id)
    const now = context.now()
    const found = await readDenyHistory(tables, tenant)
    const { changes, head } = found
    const entries = found.entries.toSorted((one, other) => one.number - other.number)
    const namesDevices = configuration.tokenIssuers.some(({ deviceIdClaim }) => deviceIdClaim !== undefined)
    const warnings =
      !namesDevices && entries.some(({ kind }) => kind === 'device')
        ? ['WARNING  no token issuer has a deviceIdClaim: devices are not stopped.']
        : []
    const shown = isHistory
      ? changes.map((change) => describeChange(change, now))
      : entries.map((entry) => describeEntry(entry, now))
    const nothing = isHistory ? 'the deny list was never changed' : 'nobody is stopped'
    const text = [...warnings, ...(shown.length === 0 ? [`${tenant}: ${nothing}`] : shown)].join('\n\n')
    const json = {
      tenant,
      change: head?.number ?? 0,
      ...(isHistory
        ? { changes: changes.map(changeJson) }
        : { entries: entries.map((entry) => entryJson(entry, now)) }),
    }
    return { text, json }
  },
})
