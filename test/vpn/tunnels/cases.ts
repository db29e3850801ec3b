/** Who must get in: what the client has, and how old the bundle of the server is. */
export const goodCases = [
  'P-256, with its chain',
  'only the leaf sent',
  'P-384',
  'RSA',
  'Ed25519',
  'long UPN',
  'SID',
  'noRevAvail (RFC 9608)',
  'without noRevAvail',
  'new issuer, bundle of before',
  'new root, bundle of before',
  'retiring issuer, bundle of after',
  'new issuer, bundle of after',
  'new root, bundle of after',
] as const

/** What client and server keep of a session may outlive the certificate that began it. */
export const resumption = 'resumption after the end'

/** Who must not, and why. */
export const badCases = [
  'expired',
  'not yet valid',
  'another tenant',
  'twin tenant of the same display name',
  'look-alike: same names and key ids',
  "the server's own CA",
  'self-signed',
  'a leaf as CA',
  'right issuer, no marker',
  'right issuer, no clientAuth',
  'right issuer, no key purpose',
  'none at all',
  'tainted issuer, sent along',
  'once more with the same client, after the end',
  resumption,
] as const

export type GoodCase = (typeof goodCases)[number]
export type BadCase = (typeof badCases)[number]
export type CaseName = GoodCase | BadCase

/** What a server is expected to do: for each bad case what its own log says, or that it cannot tell and lets in. */
export interface Expectations {
  /** Why nothing can be resumed, where neither server nor client can. */
  readonly resumesNothing?: string
  readonly refuses: Readonly<Partial<Record<typeof resumption, RegExp>>> &
    Readonly<Record<Exclude<BadCase, typeof resumption>, RegExp | 'cannot tell'>>
  /** Good ones that it does not read, and what it says. */
  readonly cannotRead?: Readonly<Partial<Record<GoodCase, RegExp>>>
}

/** What a server did about a case: in, or the words of its log by which it refused. */
export type Verdict = 'in' | `refused: ${string}` | `refused, and the log does not say why: ${string}`

/** Names what came of a case in the terms of what was expected. */
export const verdictOf = (
  { isAccepted, log }: { readonly isAccepted: boolean; readonly log: string },
  reason: RegExp | undefined,
): Verdict => {
  if (isAccepted) return 'in'
  const found = reason?.exec(log)?.[0]
  return found === undefined
    ? `refused, and the log does not say why: ${log.slice(-3000)}`
    : `refused: ${reason}`
}

const isGood = (name: CaseName): name is GoodCase => goodCases.some((good) => good === name)

/** What the log of a server must say of a case; undefined where it lets in. */
export const reasonFor = ({ refuses, cannotRead = {} }: Expectations, name: CaseName): RegExp | undefined => {
  const told = isGood(name) ? cannotRead[name] : refuses[name]
  return told instanceof RegExp ? told : undefined
}

/** What is expected of a case. */
export const expectedOf = (expectations: Expectations, name: CaseName): Verdict => {
  const reason = reasonFor(expectations, name)
  return reason ? `refused: ${reason}` : 'in'
}
