import { randomUUID } from 'node:crypto'
import { changeDenyList } from '../../lib/tenant/changeDenyList.ts'
import { readDenyList } from '../../lib/tenant/denyEntry.ts'
import { denyFreshMilliseconds, denyStaleMilliseconds } from '../../lib/tenant/denyList.ts'
import { authorOf, reasonOption } from '../tenant/authorOf.ts'
import { command } from '../commandLine/command.ts'
import { findDenySubject } from './parseDenySubject.ts'
import { subjectText } from './describeEntry.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import { formatHanging } from '../commandLine/formatTable.ts'

const inForce = `it may enroll again within ${denyFreshMilliseconds / 1000} seconds, or ${denyStaleMilliseconds / 1000} seconds where the service cannot read its tables`

export const denyLift = command({
  name: 'deny lift',
  summary: 'let a user, device or key enroll again',
  argument: 'UPN|UUID|SHA256|FILE',
  options: { tenant: tenantOption, reason: reasonOption },
  async run({ tenant: id, reason }, context) {
    const { deployment, tables, tenant } = await openTenant(context, id)
    const { entries } = await readDenyList(tables, tenant)
    const subject = await findDenySubject(context.argument, entries)
    const wish = { action: 'lift', subject } as const
    const author = { ...(await authorOf(context, deployment, reason)), changeId: randomUUID() }
    const { changed, number } = await changeDenyList(tables, { tenant, wish }, author)
    const what = changed
      ? `is lifted: change ${number}; ${inForce}`
      : 'is not on the deny list; nothing was changed'
    const json = { tenant, ...subject, reason: author.reason, changed, change: number }
    return { text: formatHanging('', `${subjectText(subject)} ${what}`), json }
  },
})
