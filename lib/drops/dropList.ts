import { oneSpelling } from '../text/oneSpelling.ts'

/** A user whom the ledger knows with a subject that is stopped, by both names that certificates may have. */
export interface DropUser {
  /** Lower case. */
  readonly upn: string
  /** The subject of the user's tokens, a UUID in lower case; undefined where it is none. */
  readonly objectId: string | undefined
}

/** A subject of the deny list that is stopped now. */
export interface Drop {
  readonly kind: 'user' | 'device' | 'key'
  /** UPN in lower case; UUID in lower case; SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly value: string
  /** When it was stopped, to the second. */
  readonly at: Date
  /** The first instant at which it is not stopped any more; undefined until it is lifted. */
  readonly until: Date | undefined
  /** May be empty: nobody is known yet, or nobody had a certificate. */
  readonly users: readonly DropUser[]
}

/** Whose sessions end: what of a tenant's deny list is in force. */
export interface DropList {
  readonly tenant: string
  /** The number of the last change of the deny list; 0 before the first. */
  readonly sequence: number
  /** How often it is worth asking for. */
  readonly hintSeconds: number
  /** In the order in which they were stopped. */
  readonly drops: readonly Drop[]
}

/** How often a server asks for its drop list. */
export const dropHintSeconds = 15

/** The age from which on a server tells that its drop list is old: nobody confirmed it since. */
export const dropStaleMilliseconds = 300_000

/**
 * How long after a denial a certificate may still have been issued to whom it stops: 60 s of a deny list that cannot be read
 * anew, a request that looked at it and takes the longest that settings allow, 60 s by which the clock of whoever denies may be behind, and 20 s for those of the service.
 */
export const issuedAfterDenialMilliseconds = 200_000

/** The largest drop list, in octets of JSON: 5,000 entries with 20,000 users, whose names are as long as they may be. */
export const maxDropListOctets = 12 * 1024 * 1024

/** Tells whether a subject is stopped at a time. A clock that cannot be read stops everybody. */
export const isInForce = ({ until }: Pick<Drop, 'until'>, now: Date): boolean =>
  until === undefined || !(now >= until)

/** The names of all users that an entry concerns, in one spelling: a name that a server tells is held against them so. */
export const userNamesOf = ({
  kind,
  value,
  users,
}: Pick<Drop, 'kind' | 'value' | 'users'>): ReadonlySet<string> =>
  new Set(
    [...(kind === 'user' ? [value] : []), ...users.flatMap(({ upn, objectId = upn }) => [upn, objectId])].map(
      oneSpelling,
    ),
  )

/**
 * Tells whether a certificate was issued before its holder was stopped for certain. A denied device has no other: a later one is
 * of another device of its user.
 * @param notBefore of the certificate, which lies before its issuance: some that are later count as earlier.
 */
export const isFromBefore = ({ at }: Pick<Drop, 'at'>, notBefore: Date): boolean =>
  !(notBefore.getTime() >= at.getTime() + issuedAfterDenialMilliseconds)
