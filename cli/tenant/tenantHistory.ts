import { differencesBetween } from '../../lib/tenant/difference.ts'
import { listRevisions, type StoredRevision } from '../../lib/tenant/storedRevision.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { formatHanging } from '../commandLine/formatTable.ts'
import { tenantOption, tenantUnknown } from './openTenant.ts'
import { alteredFields, differencesJson, revisionFields, revisionJson } from './revisionFields.ts'

/** Reads a document as it is compared: one that is no JSON any more as the text that it is. */
const contentOf = ({ document }: StoredRevision): unknown => {
  try {
    return JSON.parse(document)
  } catch {
    return document
  }
}

/** Tells of a revision what it changed of the one before it. */
const withDifferences = (revision: StoredRevision, before: StoredRevision | undefined) => ({
  revision,
  differences: before ? differencesBetween(contentOf(before), contentOf(revision)) : [],
})

const describe = ({ revision, differences }: ReturnType<typeof withDifferences>, now: Date): string => {
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
    const revisions = await listRevisions(openTables(await deployment()), tenant)
    if (revisions.length === 0) throw tenantUnknown(tenant)
    const changes = revisions.map((revision, index) => withDifferences(revision, revisions[index - 1]))
    const json = changes.map(({ revision, differences }) => ({
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
