import { randomUUID } from 'node:crypto'
import { defaultRequestSeconds } from '../../lib/deadline/requestTimes.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { changeDenyList, type DenyAuthor, type DenyOutcome } from '../../lib/tenant/changeDenyList.ts'
import type { DenyEntry, DenySubject } from '../../lib/tenant/denyEntry.ts'
import { denyFreshMilliseconds } from '../../lib/tenant/denyList.ts'
import type { TenantId } from '../../lib/tenant/tenantId.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { findHolders, type Holders } from './findHolders.ts'

/**
 * How long after a denial a certificate may still be recorded while the tables answer: the caches of the service, the time of a request unless its
 * settings say otherwise, and 5 s.
 */
const secondLookMilliseconds = denyFreshMilliseconds + defaultRequestSeconds * 1000 + 5_000

/** A denial that is in force. */
export interface Standing {
  readonly tables: Tables
  readonly tenant: TenantId
  readonly subject: DenySubject
  readonly author: DenyAuthor
}

/** Whose sessions end by a denial, and the change that put them on the list. */
export interface Amendment {
  readonly found: Holders
  readonly amended: DenyOutcome
}

/** Does what is left once a denial is in force: enrolling was stopped first. @throws {Refusal} with what to do */
const finish = async <T>({ kind }: DenySubject, missing: string, act: () => Promise<T>): Promise<T> => {
  try {
    return await act()
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    const detail = `Cannot finish: the ${kind} is stopped, but ${missing}. ${cause.detail} Run the command again.`
    throw new Refusal(cause.code, detail, { cause })
  }
}

/**
 * Adds whose sessions end to a denial, as the ledger knows them now.
 * @throws {Refusal} `tables-unavailable`, `configuration-conflict`: what is left to do is to run the command again.
 */
export const amendDenial = async (
  { tables, tenant, subject, author }: Standing,
  context: CommandContext,
): Promise<Amendment> => {
  const now = context.now()
  const found = await finish(subject, 'the ledger cannot be read', () =>
    findHolders(context, { tables, tenant, subject, now }),
  )
  const wish = { action: 'amend', subject, users: found.users } as const
  const amended = await finish(subject, 'whose sessions end is not on the list', () =>
    changeDenyList(tables, { tenant, wish }, { ...author, now, changeId: randomUUID() }),
  )
  return { found, amended }
}

/**
 * Amends a denial once more when nobody gets a certificate any more: the first one of a user or a device may have come after the
 * first look. A denial that is older needs no other look.
 * @throws {Refusal} as amendDenial() does
 */
export const amendAtLast = async (
  first: Amendment,
  { at, ...standing }: Standing & Pick<DenyEntry, 'at'>,
  context: CommandContext,
): Promise<Amendment> => {
  const left = at.getTime() + secondLookMilliseconds - context.now().getTime()
  if (left <= 0) return first
  const { kind } = standing.subject
  context.notice(
    `The ${kind} is stopped. Whoever got a certificate meanwhile is looked for in ${Math.ceil(left / 1000)} seconds: until then this can be interrupted, and run again.`,
  )
  await context.wait(left)
  const { found, amended } = await amendDenial(standing, context)
  return { found, amended: { ...amended, changed: first.amended.changed || amended.changed } }
}
