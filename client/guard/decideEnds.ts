import { type Drop, isFromBefore, userNamesOf } from '../../lib/drops/dropList.ts'
import { oneSpelling } from '../../lib/text/oneSpelling.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import type { Session, SessionCertificate } from './session.ts'

/** Why a session ends, as programs call it. */
export type EndKind = 'certificate-ended' | 'issuer-left' | 'dropped'

/** A session that is to end, and why. */
export interface End {
  readonly session: Session
  readonly kind: EndKind
  /** A sentence for people. */
  readonly text: string
  /** What it is by, for programs. */
  readonly facts: Readonly<Record<string, string | number | boolean>>
  /** Whether the user is stopped, so that it makes no sense to come back. */
  readonly isFinal: boolean
}

/** The issuers that are trusted. */
export interface KnownIssuers {
  /** Of the bundle that they are from. */
  readonly sequence: number
  /** Whether one of them signed it. */
  signed(certificate: SessionCertificate): boolean
}

/** What sessions are held to. What is not known, such as in an outage, ends nothing. */
export interface Grounds {
  readonly issuers: KnownIssuers | undefined
  /** Those that stand: whose end has come is not asked of a clock here. */
  readonly drops: readonly Drop[]
  /** How far the clock by which servers tell when a session began is ahead of that by which subjects are stopped. */
  readonly aheadMilliseconds: number
  /** How long a certificate lives at the most. */
  readonly lifetimeSeconds: number
}

type Reason = Omit<End, 'session'>

/** Certificates are valid through the second that they name. */
const endOf = ({ notAfter }: SessionCertificate): number => notAfter.getTime() + 1000

/** Where the server tells no certificate: the session was opened with one, and none lives longer. */
const lastEnd = ({ since, certificates }: Session, { lifetimeSeconds }: Grounds): number =>
  certificates.length === 0 ? since.getTime() + lifetimeSeconds * 1000 : Math.max(...certificates.map(endOf))

const certificateEnded = (session: Session, grounds: Grounds, now: Date): Reason | undefined => {
  const end = lastEnd(session, grounds)
  if (!(now.getTime() >= end)) return undefined
  const at = rfc3339(new Date(end))
  const isTold = session.certificates.length > 0
  const text = isTold
    ? `Its certificate ended at ${at}.`
    : `It was opened at ${rfc3339(session.since)}, and its certificate ended at ${at} at the latest.`
  return { kind: 'certificate-ended', text, facts: { endedAt: at }, isFinal: false }
}

const issuerLeft = ({ certificates }: Session, { issuers }: Grounds): Reason | undefined => {
  if (!issuers || certificates.length === 0 || certificates.some((one) => issuers.signed(one)))
    return undefined
  const { sequence } = issuers
  const text = `The issuer of its certificate is none of bundle ${sequence}.`
  return { kind: 'issuer-left', text, facts: { sequence }, isFinal: false }
}

const namesOf = ({ user, certificates }: Session): readonly string[] =>
  [user, ...certificates.flatMap(({ names }) => names)].map(oneSpelling)

/** Whether the session is of another device for certain: each certificate that may have opened it names one. */
const isOfOtherDevice = ({ value }: Drop, { certificates }: Session): boolean =>
  certificates.length > 0 &&
  certificates.every(({ deviceId }) => deviceId !== undefined && deviceId !== value)

/** Whether a certificate itself has the device or the key, whoever its user is. */
const hasSubject = ({ kind, value }: Drop, { certificates }: Session): boolean =>
  certificates.some(({ deviceId, keyHash }) => (kind === 'device' ? deviceId : keyHash) === value)

/** Whether a certificate that opened the session may have been issued before the entry. */
const isOpenedBefore = (
  drop: Drop,
  { since, certificates }: Session,
  { lifetimeSeconds, aheadMilliseconds }: Grounds,
): boolean =>
  certificates.length === 0
    ? isFromBefore(drop, new Date(since.getTime() - aheadMilliseconds - lifetimeSeconds * 1000))
    : certificates.some(({ notBefore }) => isFromBefore(drop, notBefore))

/**
 * Whether an entry ends a session that it may be about. A user who is stopped has none. Who is named for a device or a key keeps
 * what was opened with a certificate of later: the subject that is stopped gets no other.
 */
const meets = (drop: Drop, session: Session, grounds: Grounds): boolean => {
  if (drop.kind === 'user' || hasSubject(drop, session)) return true
  if (drop.kind === 'device' && isOfOtherDevice(drop, session)) return false
  return isOpenedBefore(drop, session, grounds)
}

/** The entries by what a session may have in common with them: a name, a device, a key. */
const indexed = (drops: readonly Drop[]): ReadonlyMap<string, readonly Drop[]> => {
  const found = new Map<string, Drop[]>()
  // Users first: whom one stops has nothing to come back with.
  const sorted = drops.toSorted((one, other) => Number(other.kind === 'user') - Number(one.kind === 'user'))
  for (const drop of sorted)
    for (const mark of [...userNamesOf(drop), ...(drop.kind === 'user' ? [] : [drop.value])]) {
      const same = found.get(mark)
      if (same) same.push(drop)
      else found.set(mark, [drop])
    }
  return found
}

const marksOf = (session: Session): readonly string[] => [
  ...namesOf(session),
  ...session.certificates.flatMap(({ deviceId, keyHash }) => [deviceId ?? '', keyHash]),
]

const dropped = (
  session: Session,
  grounds: Grounds,
  drops: ReadonlyMap<string, readonly Drop[]>,
): Reason | undefined => {
  const drop = marksOf(session)
    .flatMap((mark) => drops.get(mark) ?? [])
    .find((one) => meets(one, session, grounds))
  if (!drop) return undefined
  const { kind, value } = drop
  const at = rfc3339(drop.at)
  // Where the certificate does not tell whose it is, another device of the user has to come back, too.
  const isWide = kind !== 'user' && !hasSubject(drop, session)
  const whose = isWide ? ' All sessions of its users that may be its own end.' : ''
  return {
    kind: 'dropped',
    text: `The ${kind} ${value} was stopped at ${at}.${whose}`,
    facts: { by: kind, value, stoppedAt: at, isWide },
    isFinal: kind === 'user',
  }
}

/**
 * Decides which sessions end, and why: whose user, device or key is stopped, whose issuer left the bundle, or whose certificate
 * ended. A session without such a reason stays.
 */
export const decideEnds = (sessions: readonly Session[], grounds: Grounds, now: Date): readonly End[] => {
  const drops = indexed(grounds.drops)
  return sessions.flatMap((session) => {
    const reason =
      dropped(session, grounds, drops) ??
      issuerLeft(session, grounds) ??
      certificateEnded(session, grounds, now)
    return reason ? [{ session, ...reason }] : []
  })
}
