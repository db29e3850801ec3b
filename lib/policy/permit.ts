import { Refusal } from '../errors/refusal.ts'
import type { ComplianceProof } from '../tenant/configuration.ts'
import { claimOf } from '../token/claimsSet.ts'
import type { VerifiedToken } from '../token/verifyToken.ts'

/** Tells what a token says about one fact. An unknown fact proves nothing. */
export type Signal = 'proven' | 'disproven' | 'unknown'

/** Records what was asked of a token, and what it said. */
export interface SignalRecord {
  /** `claim device_compliant` or `authentication context c1 (<Entra policy>)`. */
  readonly proof: string
  readonly signal: Signal
}

/** Evidence: the tenant's policy allows the holder of this token a certificate. Only decideToken() makes one. */
class Permit {
  readonly kind = 'permit'
  readonly #token: VerifiedToken
  /** Names the proof of the compliant device. */
  readonly proof: string
  readonly signals: readonly SignalRecord[]

  constructor(token: VerifiedToken, proof: string, signals: readonly SignalRecord[]) {
    this.#token = token
    this.proof = proof
    this.signals = signals
  }

  get token(): VerifiedToken {
    return this.#token
  }
}
export type { Permit }

/** The tenant's policy does not allow the certificate: nothing proves a compliant device. */
export interface Deny {
  readonly kind: 'deny'
  /** Whether the token said so itself, or merely did not prove it. */
  readonly signal: Exclude<Signal, 'proven'>
  /** Tells what a claim is instead of what the tenant wants, such as `claim device_compliant is a string, true wanted`. */
  readonly mistaken: string | undefined
  readonly signals: readonly SignalRecord[]
  /** The authentication context with which a client that understands challenges could get further. */
  readonly context: string | undefined
}

export type Decision = Permit | Deny

const membersOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

/** Tells what a proof wants and the token has in its place; undefined where it says nothing. */
const asked = (proof: ComplianceProof, { facts }: VerifiedToken) => {
  const [claim, wanted] = proof.kind === 'claim' ? [proof.claim, proof.equals] : ['acrs', proof.context]
  return { claim, wanted, value: claimOf(facts.claims, claim) }
}

/** Tells whether a value can be compared with the one wanted: "true" is not true, and does not say false either. */
const isComparable = (value: unknown, wanted: unknown): boolean => {
  const members = membersOf(value)
  return members.length === 0 || members.some((member) => typeof member === typeof wanted)
}

const signalOf = (proof: ComplianceProof, token: VerifiedToken): Signal => {
  const { value, wanted } = asked(proof, token)
  if (value === undefined || !isComparable(value, wanted)) return 'unknown'
  const members = membersOf(value)
  // A list that says both says no.
  const isContradicted = typeof wanted === 'boolean' && members.includes(!wanted)
  return members.includes(wanted) && !isContradicted ? 'proven' : 'disproven'
}

const mistakenIn = (proof: ComplianceProof, token: VerifiedToken): string | undefined => {
  const { claim, value, wanted } = asked(proof, token)
  if (value === undefined || isComparable(value, wanted)) return undefined
  const type = Array.isArray(value) ? 'list of others' : typeof value
  return `claim "${claim}" is ${type === 'object' ? 'an' : 'a'} ${type}, ${JSON.stringify(wanted)} wanted`
}

const describe = (proof: ComplianceProof): string =>
  proof.kind === 'claim'
    ? `claim ${proof.claim}`
    : `authentication context ${proof.context} (${proof.entraPolicy})`

/**
 * Decides whether the holder of a token gets a certificate: any configured proof of a compliant device is enough,
 * and without one the answer is no.
 */
export const decideToken = (token: VerifiedToken): Decision => {
  const proofs = token.facts.tokenIssuer.complianceProofs ?? []
  const signals = proofs.map((proof) => ({ proof: describe(proof), signal: signalOf(proof, token) }))
  const proven = signals.find(({ signal }) => signal === 'proven')
  if (proven) return new Permit(token, proven.proof, signals)
  const context = proofs.find((candidate) => candidate.kind === 'authenticationContext')?.context
  const signal = signals.some((one) => one.signal === 'disproven') ? 'disproven' : 'unknown'
  const mistaken = proofs.map((proof) => mistakenIn(proof, token)).find((one) => one !== undefined)
  return { kind: 'deny', signal, mistaken, signals, context }
}

/** A client says in `xms_cc` that it can answer claims challenges ("cp1", or "CP1" in samples); others must not get one. */
const canAnswerChallenges = ({ facts }: VerifiedToken): boolean =>
  membersOf(facts.claims['xms_cc']).some((one) => typeof one === 'string' && one.toLowerCase() === 'cp1')

/** The refusal that tells the client of a denial: a challenge where it can do something about it. */
export const refusalOf = ({ signal, mistaken, context }: Deny, token: VerifiedToken): Refusal => {
  const { tokenIssuer } = token.facts
  if (context !== undefined && tokenIssuer.kind === 'entra' && canAnswerChallenges(token)) {
    const request = { access_token: { acrs: { essential: true, value: context } } }
    const challenge = {
      authorizationUri: `${tokenIssuer.signInOrigin.replace(/\/$/, '')}/${tokenIssuer.directoryId}/oauth2/v2.0/authorize`,
      claims: Buffer.from(JSON.stringify(request)).toString('base64'),
    }
    return new Refusal(
      'claims-challenge',
      `Cannot enroll: the token lacks the authentication context ${context}.`,
      {
        challenge,
      },
    )
  }
  const why =
    signal === 'disproven' ? 'says that the device is not compliant' : 'does not prove a compliant device'
  const because = mistaken === undefined ? '' : `: its ${mistaken}`
  return new Refusal('device-not-compliant', `Cannot enroll: the token ${why}${because}.`)
}
