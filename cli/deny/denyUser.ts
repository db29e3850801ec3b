import { randomUUID } from 'node:crypto'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Entry } from '../../lib/ledger/record/entry.ts'
import { type Holder, liveCertificates } from '../../lib/ledger/audit/liveCertificates.ts'
import type { SearchWatcher } from '../../lib/ledger/search/readRow.ts'
import type { Tables } from '../../lib/store/tables.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'
import { changeDenyList, checkDenyUntil, type DenyOutcome } from '../../lib/tenant/changeDenyList.ts'
import type { DenyKind, DenySubject } from '../../lib/tenant/denyEntry.ts'
import { denyFreshMilliseconds, denyStaleMilliseconds } from '../../lib/tenant/denyList.ts'
import type { TenantId } from '../../lib/tenant/tenantId.ts'
import { tokenSourceOf } from '../../lib/tenant/tokenSource.ts'
import { command, type CommandContext, type Outcome } from '../commandLine/command.ts'
import { type Options, parsed, required, type Values } from '../commandLine/option.ts'
import { parseDenySubject } from './parseDenySubject.ts'
import { certificateJson, describeCertificate, subjectText } from './describeEntry.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { watchSearch } from '../ledger/watchSearch.ts'
import { parseFuture } from '../commandLine/timeOption.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import { authorOf, reasonOption } from '../tenant/authorOf.ts'
import { formatHanging, formatTime } from '../commandLine/formatTable.ts'

const columns: Readonly<Record<DenyKind, Holder['column']>> = {
  user: 'upn',
  device: 'deviceId',
  key: 'keyHash',
}

/** Whose certificates are looked for. */
interface Wanted {
  readonly tables: Tables
  readonly tenant: TenantId
  readonly subject: DenySubject
}

/** Lists what lives on, as far as the ledger can be understood: others may have written to it. */
interface Found {
  readonly live: readonly Entry[]
  /** How many rows were left out. */
  readonly unreadable: number
}

/** Lists certificates by when they end, the last one first. What failed is told as what is left to do: the list is changed. */
const findLive = async (
  context: CommandContext,
  { tables, tenant, subject }: Wanted,
  now: Date,
): Promise<Found> => {
  const found: Entry[] = []
  const holder = { column: columns[subject.kind], value: subject.value }
  const search = watchSearch(context)
  let unreadable = 0
  const watcher: SearchWatcher = {
    ...search.watcher,
    onUnreadable(table, row) {
      unreadable += 1
      search.watcher.onUnreadable(table, row)
    },
  }
  try {
    for await (const entry of liveCertificates(tables, { tenant, holder, watcher }, now)) found.push(entry)
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    const why = `Cannot list the live certificates: the ${subject.kind} is stopped, but the ledger cannot be read`
    throw new Refusal(cause.code, `${why}. ${cause.detail} Run the command again.`, { cause })
  } finally {
    search.clear()
  }
  const live = found.toSorted((one, other) => other.notAfter.getTime() - one.notAfter.getTime())
  return { live, unreadable }
}

/** The token issuers that a denial does not concern, because their tokens name no device. */
const unnamingIssuers = (kind: DenyKind, { tokenIssuers }: Configuration): readonly string[] =>
  kind === 'device'
    ? tokenIssuers
        .filter(({ deviceIdClaim }) => deviceIdClaim === undefined)
        .map((issuer) => tokenSourceOf(issuer).issuer)
    : []

interface Stopped extends DenyOutcome, Found {
  readonly subject: DenySubject
  readonly until: Date | undefined
  readonly unconcerned: readonly string[]
}

const describe = (
  { subject, until, changed, number, live, unreadable, unconcerned }: Stopped,
  now: Date,
): string => {
  const end = until ? formatTime(until, now) : 'it is lifted'
  const what = changed ? `is stopped until ${end}: change ${number}` : `was stopped until ${end} already`
  const when = `no certificate is issued from ${denyFreshMilliseconds / 1000} seconds on, or ${denyStaleMilliseconds / 1000} seconds where the service cannot read its tables`
  const servers =
    live.length === 0
      ? 'none lives now'
      : `${live.length}, which VPN servers accept until they end; the same command again shows those issued meanwhile`
  return [
    formatHanging('', `${subjectText(subject)} ${what}`),
    formatHanging('in force      ', when),
    ...unconcerned.map((issuer) =>
      formatHanging('not stopped   ', `by tokens of ${issuer}, which name no device`),
    ),
    formatHanging('certificates  ', servers),
    ...(unreadable > 0
      ? [formatHanging('NOT READ      ', `rows of the ledger: ${unreadable}, which may be more`)]
      : []),
    ...live.map((entry) => `\n${describeCertificate(entry, now)}`),
  ].join('\n')
}

const options = {
  tenant: tenantOption,
  reason: required(reasonOption),
  until: parsed(
    'TIME',
    '2026-03-02T18:00:00Z, or from now on 30m, 8h, 7d; until it is lifted when left out',
    (given, told) => checkDenyUntil(parseFuture(given, told), told.now),
  ),
} satisfies Options

const run = async (
  kind: DenyKind,
  { tenant: id, reason, until }: Values<typeof options>,
  context: CommandContext,
): Promise<Outcome> => {
  const { deployment, tables, tenant, configuration } = await openTenant(context, id)
  const subject = await parseDenySubject(kind, context.argument, configuration)
  const wish = { action: 'deny', subject, until } as const
  const author = { ...(await authorOf(context, deployment, reason)), changeId: randomUUID() }
  const { now } = author
  const outcome = await changeDenyList(tables, { tenant, wish }, author)
  const found = await findLive(context, { tables, tenant, subject }, now)
  const unconcerned = unnamingIssuers(kind, configuration)
  const json = {
    tenant,
    ...subject,
    reason,
    until: until?.toISOString() ?? null,
    changed: outcome.changed,
    change: outcome.number,
    notStoppedFor: unconcerned,
    liveCertificates: found.live.map(certificateJson),
  }
  const text = describe({ ...outcome, ...found, subject, until, unconcerned }, now)
  return { text, json, ...(found.unreadable > 0 ? { exitCode: exitCodes.fault } : {}) }
}

const stopping = (kind: DenyKind, told: { summary: string; argument: string; notes?: string }) =>
  command({
    name: `deny ${kind}`,
    ...told,
    options,
    run: (values, context) => run(kind, values, context),
  })

export const denyUser = stopping('user', { summary: 'issue nothing to a user any more', argument: 'UPN' })

export const denyDevice = stopping('device', {
  summary: 'issue nothing to a device any more',
  argument: 'UUID',
})

export const denyKey = stopping('key', {
  summary: 'issue nothing for a key any more',
  argument: 'SHA256|FILE',
  notes:
    'SHA256 is that of its SubjectPublicKeyInfo, not of a certificate; FILE is a PEM certificate, certification request or public key.',
})
