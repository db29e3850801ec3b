import { Refusal } from '../../errors/refusal.ts'
import type { SignerSource, SigningKey } from '../../keys/signer.ts'
import { withinMilliseconds } from '../../deadline/deadline.ts'
import { requestTimes } from '../../deadline/requestTimes.ts'
import { verifiesSignature } from '../../x509/signatureAlgorithm.ts'
import type { Issuer } from '../authority.ts'
import { issuerHealth } from './issuerHealth.ts'

/** The ids of one use of a key: ours, and that under which the key's own log shows it. */
export interface SigningIds {
  /** UUID. */
  readonly requestId: string
  /** Lower case; empty for a local key, and where the vault's answer did not arrive. */
  readonly vaultRequestId: string
}

/** A signature that was verified. */
export interface Signed extends SigningIds {
  /** The value of the X.509 signature BIT STRING. */
  readonly signature: Uint8Array
}

/** What a pool needs from outside. */
export interface SignerPoolOptions {
  readonly source: SignerSource
  readonly now: () => Date
  /** Told of each issuer that failed with what went wrong. The key's log may show a signature all the same. */
  readonly onFailure: (issuer: Issuer, failed: SigningIds & { readonly cause: unknown }) => void
  /** How long one issuer may take to sign before the next is asked; that of a request of the default time when left out. */
  readonly limitMilliseconds?: number
}

const unavailable = (issuer: Issuer, cause: unknown) =>
  new Refusal('signer-unavailable', `Cannot sign: the key of ${issuer.generation.id} does not answer.`, {
    cause,
    retryAfterSeconds: 5,
  })

const idOf = ({ generation }: Issuer): string => `${generation.tenant}/${generation.id}`

const restOf = (error: unknown): number =>
  error instanceof Refusal ? 1000 * (error.options.retryAfterSeconds ?? 0) : 0

/**
 * Spreads signatures over the issuers of a tenant. Keeps one signer a key, opened at its first use; a failed opening is
 * tried again by the next caller. An issuer that fails rests for a while.
 */
export const signerPool = (options: SignerPoolOptions) => {
  const { source, now, onFailure, limitMilliseconds = requestTimes().signMilliseconds } = options
  const opened = new Map<string, Promise<SigningKey>>()
  const health = issuerHealth(() => now().getTime())
  /** When one signed, unless one failed since. */
  let signedAt = Number.NEGATIVE_INFINITY

  const open = ({ generation }: Issuer): Promise<SigningKey> => {
    const { keyReference, algorithm } = generation
    const key = opened.get(keyReference) ?? source.open(keyReference, algorithm)
    opened.set(keyReference, key)
    key.catch(() => opened.delete(keyReference))
    return key
  }

  const signVerified = async (
    issuer: Issuer,
    ...asked: Parameters<SigningKey['sign']>
  ): Promise<Uint8Array> => {
    const { algorithm, publicKey, generation } = issuer
    const [tbs] = asked
    const signature = await (await open(issuer)).sign(...asked)
    if (verifiesSignature({ algorithm, publicKey, signed: tbs, signature })) return signature
    throw new Refusal(
      'signature-unverified',
      `Cannot use the signature: it does not verify with the certificate of ${generation.id}.`,
    )
  }

  const tooLate = () => new Error(`It did not sign within ${limitMilliseconds} ms.`)

  return {
    /** Those of these issuers that failed and have not signed since: `<tenant>/<generation>`. */
    resting: (issuers: readonly Issuer[]): readonly string[] => issuers.map(idOf).filter(health.isResting),
    /** Whether an issuer signed within this time, and none failed since. */
    signedWithin: (milliseconds: number): boolean => now().getTime() - signedAt < milliseconds,
    /**
     * The issuers to ask, one after the other, spread evenly by chance.
     * @param chance a random number from 0 to 1.
     * @throws {Refusal} `issuer-unavailable` when all of them failed a moment ago.
     */
    order: (issuers: readonly Issuer[], chance: number): readonly Issuer[] =>
      health.order(issuers, idOf, chance),
    /**
     * Signs with the key of an issuer and verifies the signature with the public key of its certificate.
     * @throws {Refusal} `signer-unavailable`
     */
    async sign(issuer: Issuer, tbs: Uint8Array, requestId: string): Promise<Signed> {
      if (!health.claim(idOf(issuer))) throw unavailable(issuer, 'it rests')
      let vaultRequestId = ''
      try {
        const signed = signVerified(issuer, tbs, requestId, (id) => (vaultRequestId = id))
        const signature = await withinMilliseconds(signed, limitMilliseconds, tooLate)
        health.succeeded(idOf(issuer))
        signedAt = now().getTime()
        return { signature, requestId, vaultRequestId }
      } catch (error) {
        health.failed(idOf(issuer), restOf(error))
        signedAt = Number.NEGATIVE_INFINITY
        onFailure(issuer, { cause: error, requestId, vaultRequestId })
        throw unavailable(issuer, error)
      }
    },
  }
}

/** The signers of a process. */
export type SignerPool = ReturnType<typeof signerPool>
