import { republish } from '../../lib/authority/change/moveGeneration.ts'
import { anchorOption } from './anchorOption.ts'
import { reasonHelp, reasonOption } from '../tenant/readReason.ts'
import { authorityJson } from './describeGeneration.ts'
import type { Command } from '../commandLine/command.ts'
import { openAuthority } from './openAuthority.ts'
import { formatHanging, formatTime } from '../commandLine/formatTable.ts'
import { changeTrusted } from '../../lib/authority/trusted/changeTrusted.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'

export const authorityRepublish: Command = {
  name: 'authority republish',
  summary: 'sign the trust bundle anew, dated now',
  help: `--tenant TENANT
${reasonHelp(18)}
--dry-run         tell what would be dated anew; change nothing
--anchor SHA256   a root to trust, where this machine knows none
what a bundle of the future wants, which a wrong clock made: servers refuse it`,
  options: {
    tenant: { type: 'string' },
    ...reasonOption,
    'dry-run': { type: 'boolean' },
    ...anchorOption,
  },
  async run(context) {
    const { tenant, ceremony, trust, authority: before } = await openAuthority(context)
    const { now } = ceremony
    const change = republish(before, now)
    const was = `bundle ${before.bundle.sequence} is of ${formatTime(before.bundle.issuedAt, now)}`
    const lines = [was, ...change.changes.map((line) => formatHanging('  ', line))]
    const isDry = context.values['dry-run'] === true
    const after = isDry ? before : await changeTrusted(tenant, { change, before, trust }, ceremony)
    const done = isDry ? 'nothing was changed' : `done: bundle ${after.bundle.sequence}, dated now`
    const issuedAt = rfc3339(after.bundle.issuedAt)
    return {
      text: [...lines, done].join('\n'),
      json: { ...authorityJson(after), issuedAt, dated: change.changes, changed: !isDry },
    }
  },
}
