import type { RecordedSignals } from '../../lib/ledger/record/signalsColumn.ts'
import { issuanceTables, type Period, refusalTables } from '../../lib/ledger/search/keptTables.ts'
import type { SearchWatcher } from '../../lib/ledger/search/readRow.ts'
import { searchIssuances } from '../../lib/ledger/search/searchIssuances.ts'
import { searchRefusals } from '../../lib/ledger/search/searchRefusals.ts'
import type { Policies } from '../../lib/policy/compilePolicies.ts'
import { policiesOf } from '../../lib/policy/openPolicies.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { checkRevision } from '../../lib/tenant/checkRevision.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { formatHanging, formatTime } from '../commandLine/formatTable.ts'
import { givenOptions, givenPolicies, policyEntries, wanted, withPolicies } from '../policy/changePolicies.ts'
import { acceptedEntries, filesOption, readFiles } from '../policy/graphFiles.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import { policyCodes } from './decideAgain.ts'
import { type Replayed, replayDecision } from './replayDecision.ts'
import { periodOf, searchOptions } from './searchOptions.ts'
import { watchSearch } from './watchSearch.ts'

/** A request as a row has it. */
interface Recorded {
  readonly at: Date
  readonly upn: string
  readonly deviceId: string
  readonly signals: RecordedSignals
  readonly wasIssued: boolean
}

interface Replay extends Period {
  readonly tenant: string
  readonly watcher: SearchWatcher
}

/** Reads what was issued, and what policies refused; whoever was refused before has no decision to make again. */
async function* recordedRequests(tables: Tables, replay: Replay): AsyncGenerator<Recorded> {
  const { names } = await issuanceTables(tables, replay)
  for await (const { entry } of searchIssuances(tables, { ...replay, names, filter: {} })) {
    const { issuedAt: at, upn, deviceId, signals } = entry
    yield { at, upn, deviceId, signals, wasIssued: true }
  }
  const kept = await refusalTables(tables, replay)
  for await (const { code, at, upn, deviceId, signals } of searchRefusals(tables, {
    ...replay,
    names: kept.names,
    filter: {},
  }))
    if (policyCodes.includes(code)) yield { at, upn, deviceId, signals, wasIssued: false }
}

const changes = ['refused', 'let in', 'cannot tell'] as const
type Change = (typeof changes)[number]

/** Says what would be another answer than it was; undefined for the same. */
const changeOf = ({ wasIssued }: Recorded, { decision }: Replayed): Change | undefined => {
  if (decision === 'unknown') return 'cannot tell'
  if ((decision === 'allow') === wasIssued) return undefined
  return wasIssued ? 'refused' : 'let in'
}

/** The requests of one user and device whose answer would change alike. */
interface Changed {
  readonly change: Change
  readonly upn: string
  readonly deviceId: string
  /** Of the last of them. */
  readonly why: string
  readonly at: Date
  readonly requests: number
}

const byTime = (one: Changed, other: Changed): number =>
  one.at.getTime() - other.at.getTime() || one.upn.localeCompare(other.upn, 'en')

/** Counts a request with those that came before of its user and device, and keeps the reason of the last. */
const addChanged = (
  found: Map<string, Changed>,
  { change, upn, deviceId, why, at }: Omit<Changed, 'requests'>,
): void => {
  const key = JSON.stringify([change, upn, deviceId])
  const before = found.get(key)
  const last = before && before.at > at ? before : { at, why }
  const requests = (before?.requests ?? 0) + 1
  found.set(key, { change, upn, deviceId, why: last.why, at: last.at, requests })
}

const replayed = async (requests: AsyncIterable<Recorded>, policies: Policies) => {
  const found = new Map<string, Changed>()
  let [count, same] = [0, 0]
  for await (const request of requests) {
    const decided = replayDecision(request.signals, policies)
    const change = changeOf(request, decided)
    count += 1
    if (change) addChanged(found, { ...request, ...decided, change })
    else same += 1
  }
  return { requests: count, same, changed: [...found.values()].toSorted(byTime) }
}

const headings: Readonly<Record<Change, string>> = {
  refused: 'would be refused',
  'let in': 'would be let in',
  'cannot tell': 'cannot tell, for want of signals that were not stored',
}

const sectionOf = (change: Change, all: readonly Changed[], now: Date): readonly string[] => {
  const rows = all.filter((one) => one.change === change)
  if (rows.length === 0) return []
  const lines = rows.flatMap(({ upn, deviceId, why, at, requests }) => [
    formatHanging('  ', shownText(`${upn} ${deviceId}`.trim())),
    formatHanging(
      '    ',
      `${requests} ${requests === 1 ? 'request' : 'requests'}, the last at ${formatTime(at, now)}`,
    ),
    formatHanging('    ', shownText(why)),
  ])
  return [[headings[change], ...lines].join('\n')]
}

const { tenant: _, since, until } = searchOptions('7d')

export const policyReplay = command({
  name: 'policy replay',
  summary: 'decide again what was recorded, by other policies',
  options: {
    file: filesOption("policies in Microsoft Graph's format"),
    ...givenOptions,
    tenant: tenantOption,
    since,
    until,
  },
  notes:
    'Decides on the signals that ledger and refusals hold, which the mapping of their time read: nothing is guessed where one was not stored.',
  async run({ file, add, denyUnprovable, tenant: name, ...options }, context) {
    const files = await readFiles(file)
    const { tables, ...inForce } = await openTenant(context, name)
    const given = acceptedEntries(givenPolicies(files, inForce, denyUnprovable))
    const policySet = withPolicies(inForce, wanted(policyEntries(inForce), given, add))
    const policies = policiesOf(checkRevision({ configuration: inForce.configuration, policySet }))
    const { watcher, finish } = watchSearch(context)
    const { tenant, number } = inForce
    const requests = recordedRequests(tables, { ...periodOf(options), tenant, watcher })
    const found = await replayed(requests, policies)
    finish()
    const { changed, same } = found
    const text = [
      ...changes.flatMap((change) => sectionOf(change, changed, context.now())),
      `decided again: ${found.requests} ${found.requests === 1 ? 'request' : 'requests'}, ${same} as they were`,
    ].join('\n\n')
    const json = {
      tenant,
      revision: number,
      ...found,
      changed: changed.map(({ at, ...one }) => ({ ...one, at: at.toISOString() })),
    }
    return { text, json }
  },
})
