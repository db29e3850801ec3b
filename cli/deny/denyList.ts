import { readDenyHistory } from '../../lib/tenant/denyHistory.ts'
import type { Command } from '../commandLine/command.ts'
import { changeJson, describeChange, describeEntry, entryJson } from './describeEntry.ts'
import { requiredOption } from '../commandLine/requiredOption.ts'
import { resolveTenant } from '../tenant/resolveTenant.ts'

export const denyList: Command = {
  name: 'deny list',
  summary: 'show who is stopped, since when and why',
  help: `--tenant TENANT
--history       every change instead, oldest first`,
  options: { tenant: { type: 'string' }, history: { type: 'boolean' } },
  async run({ values, deployment, openTables, now: clock }) {
    const id = requiredOption(values, 'tenant')
    const tables = openTables(await deployment())
    const { tenant, configuration } = await resolveTenant(tables, id)
    const now = clock()
    const found = await readDenyHistory(tables, tenant)
    const { changes, head } = found
    const entries = found.entries.toSorted((one, other) => one.number - other.number)
    const namesDevices = configuration.tokenIssuers.some(({ deviceIdClaim }) => deviceIdClaim !== undefined)
    const warnings =
      !namesDevices && entries.some(({ kind }) => kind === 'device')
        ? ['WARNING  no token issuer has a deviceIdClaim: devices are not stopped.']
        : []
    const isHistory = values['history'] === true
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
}
