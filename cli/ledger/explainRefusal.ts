import { Refusal } from '../../lib/errors/refusal.ts'
import type { RefusalEntry } from '../../lib/ledger/record/refusalEntry.ts'
import { refusalTables } from '../../lib/ledger/search/keptTables.ts'
import { searchRefusals } from '../../lib/ledger/search/searchRefusals.ts'
import { contentOf } from '../../lib/tenant/revisionContent.ts'
import { readRevision, type StoredRevision } from '../../lib/tenant/storedRevision.ts'
import type { TenantId } from '../../lib/tenant/tenantId.ts'
import { parseUuid } from '../../lib/text/parseUuid.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { decideRefusalAgain } from './decideAgain.ts'
import {
  alarmSections,
  complianceSections,
  policyFields,
  revisionText,
  section,
  shownTime,
  signalSections,
} from './policyFields.ts'
import { decidingRevision, revisionAlarm } from './explainIssuance.ts'
import { refusalRecord } from './issuanceRecord.ts'
import { watchSearch } from './watchSearch.ts'
import type { SearchedTenant } from './writeRows.ts'

/** Reads the id of an invocation, which has hyphens: without them it would be a serial number. */
export const invocationOf = (argument: string): string | undefined =>
  argument.includes('-') ? parseUuid(argument) : undefined

const always = { since: undefined, until: undefined }

const explained = (tenant: TenantId, entry: RefusalEntry, revision: StoredRevision | undefined) => {
  const content = revision && contentOf(tenant, revision)
  const { explanation = null, whyNot = null, alarms } = decideRefusalAgain(entry, content)
  return {
    refusal: refusalRecord(tenant, entry),
    configuration: decidingRevision(entry, revision),
    /** The decision made again, with what came of every policy; null where it cannot be, and why. */
    explanation,
    unexplained: whyNot,
    /** Tells what is not as Mayfly leaves it; empty when all is well. */
    alarms: [...revisionAlarm(revision, entry.revision), ...alarms],
  }
}

type ExplainedRefusal = ReturnType<typeof explained>

/** Explains a refusal, which it looks for in all tables, the latest first. @throws {Refusal} `refusal-unknown` or `tables-unavailable` */
export const explainRefusal = async (
  context: CommandContext,
  invocationId: string,
  { tables, tenant }: SearchedTenant,
): Promise<ExplainedRefusal> => {
  const { names } = await refusalTables(tables, always)
  const { watcher, clear } = watchSearch(context)
  const search = { ...always, tenant, names: names.toReversed(), filter: { invocationId }, watcher }
  for await (const entry of searchRefusals(tables, search)) {
    clear()
    return explained(tenant, entry, await readRevision(tables, tenant, entry.revision))
  }
  clear()
  throw new Refusal(
    'refusal-unknown',
    `Cannot explain the refusal ${invocationId}: no table of refusals of the tenant has it.`,
  )
}

/** Tells a refusal as a person reads it. */
export const refusalText = (found: ExplainedRefusal, now: Date): string => {
  const { refusal, configuration, explanation, unexplained } = found
  const decided = { explanation, unexplained, signals: refusal.signals }
  return [
    ...alarmSections(found),
    section('refused', [
      ['to', refusal.upn],
      ['device', refusal.deviceId],
      ['at', shownTime(refusal.at, now)],
      ['code', refusal.code],
      ['detail', refusal.detail],
      ['invocation', refusal.invocationId],
    ]),
    section('by its policies', [
      ...(explanation ? policyFields(decided) : [['policies', unexplained] as const]),
      ['by', revisionText(configuration, now)],
    ]),
    ...complianceSections(decided),
    ...signalSections(decided),
  ].join('\n\n')
}
