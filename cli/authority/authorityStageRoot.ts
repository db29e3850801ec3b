import { generationId } from '../../lib/authority/generation.ts'
import { importRoot, stageRoot, waitingRoot } from '../../lib/authority/change/stageRoot.ts'
import { nextNumber } from '../../lib/authority/change/nextNumber.ts'
import { activationTime } from '../../lib/authority/adopt/waits.ts'
import { authorityJson, describeGeneration } from './describeGeneration.ts'
import { command } from '../commandLine/command.ts'
import { flag, text } from '../commandLine/option.ts'
import { readCertificate } from './anchorOption.ts'
import { authorityOptions, openAuthority } from './openAuthority.ts'
import { formatTime } from '../commandLine/formatTable.ts'
import { changeTrusted } from '../../lib/authority/trusted/changeTrusted.ts'

export const authorityStageRoot = command({
  name: 'authority stage-root',
  summary: 'publish the next root, unless one waits already',
  options: authorityOptions({
    certificateIn: text('FILE', 'a root whose key is offline, instead of a new key'),
    oldWithNew: flag('certify the older roots by the new one, too'),
    dryRun: flag('tell what would be made; make nothing'),
  }),
  async run(options, context) {
    const { certificateIn, oldWithNew, dryRun } = options
    const opened = await openAuthority(options, context)
    const { tenant, ceremony, trust, authority: before, circumstances } = opened
    const certificate = readCertificate(certificateIn)
    const staging = { certificate, oldWithNew }
    const { now } = ceremony
    if (dryRun) {
      const id = waitingRoot(before, staging, now)?.id
      const staged = id ?? generationId('root', nextNumber(before, 'root'))
      if (!id && certificate) importRoot(tenant, { der: certificate, before }, ceremony)
      const what = id ? `${id} is staged already` : `would stage ${staged}`
      return {
        text: `${what}; nothing was changed`,
        json: { ...authorityJson(before), staged, changed: false },
      }
    }
    const { generation, change } = await stageRoot(tenant, { before, staging }, ceremony)
    const after = change ? await changeTrusted(tenant, { change, before, trust }, ceremony) : before
    const heading = change ? `published in bundle ${after.bundle.sequence}` : 'is staged already'
    const from = formatTime(activationTime(generation, circumstances), now)
    const cross = (change?.changes ?? []).filter((line) => line.startsWith('cross~'))
    const described = [describeGeneration(generation, now), ...cross].join('\n')
    return {
      text: `${generation.id} ${heading}\nactivate from ${from} on\n\n${described}`,
      json: { ...authorityJson(after), staged: generation.id, changed: change !== undefined },
    }
  },
})
