import type { Difference } from '../../lib/tenant/difference.ts'
import { contentDifferences, shownContentOf } from '../../lib/tenant/revisionContent.ts'
import { readRevisions, type StoredRevision } from '../../lib/tenant/storedRevision.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { formatHanging } from '../commandLine/formatTable.ts'
import { tenantUnknown } from './openTenant.ts'
import { tenantOption } from './tenantOption.ts'
import { alteredFields, differencesJson, revisionFields, revisionJson } from './revisionFields.ts'

/** Tells of each revision, the oldest first, what it changed of the one before it. */
const changesOf = async (revisions: AsyncIterable<StoredRevision>) => {
  const changes: (Omit<StoredRevision, 'document' | 'parts'> & { differences: readonly Difference[] })[] = []
  let before: ReturnType<typeof shownContentOf> | undefined
  for await (const { document, parts, ...revision } of revisions) {
    const content = shownContentOf({ document, parts, ...revision })
    changes.push({ ...revision, differences: before ? contentDifferences(before, content) : [] })
    before = content
  }
  return changes
}

type Change = Awaited<ReturnType<typeof changesOf>>[number]

const describe = ({ differences, ...revision }: Change, now: Date): string => {
  const paths = differences.map(({ path }) => path)
  const fields = [
    ...revisionFields(revision, now),
    ...(paths.length === 0 ? [] : [['changed', shownText(paths.join(', '))] as const]),
    ...alteredFields(revision.isIntact),
  ]
  const lines = fields.map(([label, value]) => formatHanging(`   ${label.padEnd(11)}`, value))
  return [String(revision.number), ...lines].join('\n')
}

export const tenantHistory = command({
  name: 'tenant history',
  summary: 'show who changed a tenant, when, why and what',
  options: { tenant: tenantOption },
  async run(options, { deployment, openTables, now }) {
    const tenant = parseTenantId(options.tenant)
    const changes = await changesOf(readRevisions(openTables(await deployment()), tenant))
    if (changes.length === 0) throw tenantUnknown(tenant)
    const json = changes.map(({ differences, ...revision }) => ({
      ...revisionJson(revision),
      intact: revision.isIntact,
      differences: differencesJson(differences),
    }))
    return {
      text: changes.map((change) => describe(change, now())).join('\n\n'),
      json: { tenant, revisions: json },
    }
  },
})
