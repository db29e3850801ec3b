import { randomUUID } from 'node:crypto'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'
import { changeDenyList, checkDenyUntil } from '../../lib/tenant/changeDenyList.ts'
import type { DenyKind, DenySubject } from '../../lib/tenant/denyEntry.ts'
import { tokenSourceOf } from '../../lib/tenant/tokenSource.ts'
import { amendAtLast, amendDenial } from './amendDenial.ts'
import { command, type CommandContext, type Outcome } from '../commandLine/command.ts'
import { flag, type Options, parsed, required, type Values } from '../commandLine/option.ts'
import { type Denial, describeDenial, leftOut } from './describeDenial.ts'
import { certificateJson, usersJson } from './describeEntry.ts'
import { isKnownSubject, parseFormerSubject } from './isKnownSubject.ts'
import { parseDenySubject } from './parseDenySubject.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { parseFuture } from '../commandLine/timeOption.ts'
import { openTenant, type OpenTenant } from '../tenant/openTenant.ts'
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
  noWait: flag('leave out the second look at the ledger, 45 seconds later'),
} satisfies Options

/**
 * Takes the subject to stop. Whom the configuration lets in no more, such as by a suffix that left it, may have sessions all the
 * same, and is taken where the deny list or the ledger knows of it.
 * @throws {Refusal} as parseDenySubject() does
 */
const subjectOf = async (
  kind: DenyKind,
  context: CommandContext,
  { tables, tenant, configuration }: OpenTenant,
): Promise<DenySubject> => {
  try {
    return parseDenySubject(kind, context.argument, configuration)
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || kind === 'key') throw refusal
    const subject = parseFormerSubject(kind, context.argument)
    if (!subject || !(await isKnownSubject(context, { tables, tenant, subject, now: context.now() })))
      throw refusal
    return subject
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
  { tenant: id, reason, until, noWait }: Values<typeof options>,
  context: CommandContext,
): Promise<Outcome> => {
  const opened = await openTenant(context, id)
  const { deployment, tables, tenant, configuration } = opened
  const subject = await subjectOf(kind, context, opened)
  const wish = { action: 'deny', subject, until } as const
  const author = { ...(await authorOf(context, deployment, reason)), changeId: randomUUID() }
  const stopped = await changeDenyList(tables, { tenant, wish }, author)
  const standing = { tables, tenant, subject, author }
  const first = await amendDenial(standing, context)
  const { at = author.now } = stopped.entry ?? {}
  const { found, amended } = noWait ? first : await amendAtLast(first, { ...standing, at }, context)
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
