import { randomUUID } from 'node:crypto'
import { changeDenyList } from '../../lib/tenant/changeDenyList.ts'
import { readDenyList } from '../../lib/tenant/denyEntry.ts'
import { denyFreshMilliseconds, denyStaleMilliseconds } from '../../lib/tenant/denyList.ts'
import { authorOf, readReason, reasonHelp, reasonOption } from '../tenant/readReason.ts'
import type { Command } from '../commandLine/command.ts'
import { findDenySubject } from './parseDenySubject.ts'
import { subjectText } from './describeEntry.ts'
import { requiredOption } from '../commandLine/requiredOption.ts'
import { resolveTenant } from '../tenant/resolveTenant.ts'
import { formatHanging } from '../commandLine/formatTable.ts'

const inForce = `it may enroll again within ${denyFreshMilliseconds / 1000} seconds, or ${denyStaleMilliseconds / 1000} seconds where the service cannot read its tables`

export const denyLift: Command = {
  name: 'deny lift',
  summary: 'let a user, device or key enroll again',
  argument: 'UPN|UUID|SHA256|FILE',
  help: `--tenant TENANT\n${reasonHelp(16)}`,
  options: { tenant: { type: 'string' }, ...reasonOption },
  async run(context) {
    const { values, argument = '', deployment, openTables } = context
    readReason(context)
    const id = requiredOption(values, 'tenant')
    const target = await deployment()
    const tables = openTables(target)
    const { tenant } = await resolveTenant(tables, id)
    const { entries } = await readDenyList(tables, tenant)
    const subject = await findDenySubject(argument, entries)
    const wish = { action: 'lift', subject } as const
    const author = { ...(await authorOf(context, target)), changeId: randomUUID() }
    const { changed, number } = await changeDenyList(tables, { tenant, wish }, author)
    const what = changed
      ? `is lifted: change ${number}; ${inForce}`
      : 'is not on the deny list; nothing was changed'
    const json = { tenant, ...subject, reason: author.reason, changed, change: number }
    return { text: formatHanging('', `${subjectText(subject)} ${what}`), json }
  },
}
