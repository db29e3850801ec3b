import { differencesBetween } from '../../lib/tenant/difference.ts'
import { listRevisions, type StoredRevision } from '../../lib/tenant/storedRevision.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Command } from '../commandLine/command.ts'
import { differencesJson } from './differencesText.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { requiredOption } from '../commandLine/requiredOption.ts'
import { revisionFields, revisionJson } from './revisionFields.ts'
import { formatHanging } from '../commandLine/formatTable.ts'

/** A document as it is compared: one that is no JSON any more as the text that it is. */
const contentOf = ({ document }: StoredRevision): unknown => {
  try {
    return JSON.parse(document)
  } catch {
    return document
  }
}

/** A revision, and what it changed of the one before it. */
const withDifferences = (revision: StoredRevision, before: StoredRevision | undefined) => ({
  revision,
  differences: before ? differencesBetween(contentOf(before), contentOf(revision)) : [],
})

const lead = '   '

const describe = ({ revision, differences }: ReturnType<typeof withDifferences>, now: Date): string => {
  const paths = differences.map(({ path }) => path)
  const fields = [
    ...revisionFields(revision, now),
    ...(paths.length === 0 ? [] : [['changed', shownText(paths.join(', '))] as const]),
    ...(revision.isIntact ? [] : [['ALTERED', 'it is not the document that was applied'] as const]),
  ]
  const lines = fields.map(([label, value]) => formatHanging(`${lead}${label.padEnd(11)}`, value))
  return [String(revision.number), ...lines].join('\n')
}

export const tenantHistory: Command = {
  name: 'tenant history',
  summary: 'show who changed a tenant, when, why and what',
  help: '--tenant TENANT',
  options: { tenant: { type: 'string' } },
  async run({ values, deployment, openTables, now }) {
    const tenant = parseTenantId(requiredOption(values, 'tenant'))
    const revisions = await listRevisions(openTables(await deployment()), tenant)
    if (revisions.length === 0)
      throw new Refusal('tenant-unknown', `Cannot find the tenant: there is no tenant ${tenant}.`)
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
}
