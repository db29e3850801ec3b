import { rfc3339 } from '../../lib/text/rfc3339.ts'
import { republish } from '../../lib/authority/change/moveGeneration.ts'
import { authorityJson, describeServed } from './describeGeneration.ts'
import { command } from '../commandLine/command.ts'
import { flag } from '../commandLine/option.ts'
import { authorityOptions, openAuthority } from './openAuthority.ts'
import { formatHanging, formatTime } from '../commandLine/formatTable.ts'
import { changeTrusted } from '../../lib/authority/trusted/changeTrusted.ts'

export const authorityRepublish = command({
  name: 'authority republish',
  summary: 'sign the trust bundle anew, dated now',
  options: authorityOptions({ dryRun: flag('tell what would be dated anew; change nothing') }),
  notes: 'For a bundle of the future, which a wrong clock made: servers refuse it.',
  async run(options, context) {
    const { tenant, ceremony, trust, authority: before } = await openAuthority(options, context)
    const { dryRun: isDry } = options
    const { now } = ceremony
    const change = republish(before, now)
    const was = `bundle ${before.bundle.sequence} is of ${formatTime(before.bundle.issuedAt, now)}`
    const lines = [was, ...change.changes.map((line) => formatHanging('  ', line))]
    const after = isDry ? before : await changeTrusted(tenant, { change, before, trust }, ceremony)
    const done = isDry
      ? 'nothing was changed'
      : `done: bundle ${after.bundle.sequence}, dated now\n${describeServed(after, context.now())}`
    const issuedAt = rfc3339(after.bundle.issuedAt)
    return {
      text: [...lines, done].join('\n'),
      json: { ...authorityJson(after), issuedAt, dated: change.changes, changed: !isDry },
    }
  },
})
