import { generationId } from '../../lib/authority/generation.ts'
import { importRoot, stageRoot, waitingRoot } from '../../lib/authority/change/stageRoot.ts'
import { nextNumber } from '../../lib/authority/change/nextNumber.ts'
import { activationTime } from '../../lib/authority/adopt/waits.ts'
import { reasonHelp, reasonOption } from '../tenant/readReason.ts'
import { authorityJson, describeGeneration } from './describeGeneration.ts'
import { anchorOption } from './anchorOption.ts'
import type { Command } from '../commandLine/command.ts'
import { openAuthority } from './openAuthority.ts'
import { readCertificateOption } from './readCertificateOption.ts'
import { formatTime } from '../commandLine/formatTable.ts'
import { changeTrusted } from '../../lib/authority/trusted/changeTrusted.ts'

export const authorityStageRoot: Command = {
  name: 'authority stage-root',
  summary: 'publish the next root, unless one waits already',
  help: `--tenant TENANT
--certificate-in FILE   a root whose key is offline, instead of a new key
--old-with-new          certify the older roots by the new one, too
${reasonHelp(24)}
--dry-run               tell what would be made; make nothing
--anchor SHA256         a root to trust, where this machine knows none`,
  options: {
    tenant: { type: 'string' },
    'certificate-in': { type: 'string' },
    'old-with-new': { type: 'boolean' },
    ...reasonOption,
    'dry-run': { type: 'boolean' },
    ...anchorOption,
  },
  async run(context) {
    const { values } = context
    const { tenant, ceremony, trust, authority: before, circumstances } = await openAuthority(context)
    const certificate = readCertificateOption(values)
    const staging = { certificate, oldWithNew: values['old-with-new'] === true }
    const { now } = ceremony
    if (values['dry-run'] === true) {
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
}
