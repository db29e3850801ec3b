import { randomUUID } from 'node:crypto'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Tables } from '../../lib/store/tables.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'
import {
  changeDenyList,
  checkDenyUntil,
  type DenyAuthor,
  type DenyOutcome,
} from '../../lib/tenant/changeDenyList.ts'
import type { DenyKind, DenySubject } from '../../lib/tenant/denyEntry.ts'
import type { TenantId } from '../../lib/tenant/tenantId.ts'
import { tokenSourceOf } from '../../lib/tenant/tokenSource.ts'
import { command, type CommandContext, type Outcome } from '../commandLine/command.ts'
import { type Options, parsed, required, type Values } from '../commandLine/option.ts'
import { type Denial, describeDenial, leftOut } from './describeDenial.ts'
import { certificateJson, usersJson } from './describeEntry.ts'
import { findHolders, type Holders } from './findHolders.ts'
import { parseDenySubject } from './parseDenySubject.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { parseFuture } from '../commandLine/timeOption.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import { authorOf, reasonOption } from '../tenant/authorOf.ts'

/** The token issuers that a denial does not concern, because their tokens name no device. */
const unnamingIssuers = (kind: DenyKind, { tokenIssuers }: Configuration): readonly string[] =>
  kind === 'device'
    ? tokenIssuers
        .filter(({ deviceIdClaim }) => deviceIdClaim === undefined)
        .map((issuer) => tokenSourceOf(issuer).issuer)
    : []

const options = {
  tenant: tenantOption,
  reason: required(reasonOption),
  until: parsed(
    'TIME',
    '2026-03-02T18:00:00Z, or from now on 30m, 8h, 7d; until it is lifted when left out',
    (given, told) => checkDenyUntil(parseFuture(given, told), told.now),
  ),
} satisfies Options

/** Adds whose sessions end to a denial that is in force already: enrolling was stopped first. */
const addHolders = async (
  {
    tables,
    tenant,
    subject,
  }: { readonly tables: Tables; readonly tenant: TenantId; readonly subject: DenySubject },
  { users }: Holders,
  author: DenyAuthor,
): Promise<DenyOutcome> => {
  try {
    return await changeDenyList(tables, { tenant, wish: { action: 'amend', subject, users } }, author)
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    const why = `the ${subject.kind} is stopped, but whose sessions end is not on the list`
    const detail = `Cannot finish: ${why}. ${cause.detail} Run the command again.`
    throw new Refusal(cause.code, detail, { cause })
  }
}

const denialJson = (denial: Denial) => ({
  until: denial.until?.toISOString() ?? null,
  changed: denial.stopped.changed,
  amended: denial.amended.changed,
  change: denial.amended.number,
  notStoppedFor: denial.unconcerned,
  users: usersJson(denial.amended.entry?.users ?? []),
  usersLeftOut: usersJson(leftOut(denial)),
  liveCertificates: denial.live.map(certificateJson),
})

const run = async (
  kind: DenyKind,
  { tenant: id, reason, until }: Values<typeof options>,
  context: CommandContext,
): Promise<Outcome> => {
  const { deployment, tables, tenant, configuration } = await openTenant(context, id)
  const subject = await parseDenySubject(kind, context.argument, configuration)
  const wish = { action: 'deny', subject, until } as const
  const author = { ...(await authorOf(context, deployment, reason)), changeId: randomUUID() }
  const target = { tables, tenant, subject }
  const stopped = await changeDenyList(tables, { tenant, wish }, author)
  const found = await findHolders(context, { ...target, now: author.now })
  const amended = await addHolders(target, found, { ...author, changeId: randomUUID() })
  const denial: Denial = {
    ...found,
    subject,
    until,
    stopped,
    amended,
    unconcerned: unnamingIssuers(kind, configuration),
  }
  const isWhole = found.unreadable === 0 && leftOut(denial).length === 0
  return {
    text: describeDenial(denial, author.now),
    json: { tenant, ...subject, reason, ...denialJson(denial) },
    ...(isWhole ? {} : { exitCode: exitCodes.fault }),
  }
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
