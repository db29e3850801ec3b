import type { Command } from '../command.ts'
import { requiredOption } from '../requiredOption.ts'
import { resolveTenant } from '../resolveTenant.ts'
import { formatFields, formatTime } from '../text.ts'

export const tenantShow: Command = {
  name: 'tenant show',
  summary: "show a tenant's configuration, defaults filled in",
  help: '--tenant TENANT',
  options: { tenant: { type: 'string' } },
  async run({ values, deployment, openTables, now }) {
    const id = requiredOption(values, 'tenant')
    const { tenant, number, appliedAt, appliedBy, configuration } = await resolveTenant(
      openTables(await deployment()),
      id,
    )
    const fields = formatFields([
      ['tenant', tenant],
      ['revision', String(number)],
      ['applied', `${formatTime(appliedAt, now())} by ${appliedBy}`],
    ])
    const json = { tenant, revision: number, appliedAt: appliedAt.toISOString(), appliedBy, configuration }
    return { text: `${fields}\n\n${JSON.stringify(configuration, null, 2)}`, json }
  },
}
