import { Refusal } from '../errors/refusal.ts'
import type { SignerSource, SigningKey } from '../keys/signer.ts'
import { verifiesSignature } from '../x509/signatureAlgorithm.ts'
import type { Issuer } from './authority.ts'
import { issuerHealth } from './issuerHealth.ts'

/** How long one issuer may take to sign before the next is asked, in milliseconds. */
export const signMilliseconds = 4_000

/** What a pool needs from outside. */
export interface SignerPoolOptions {
  readonly source: SignerSource
  readonly now: () => Date
  /** Told of each issuer that failed, by its id, with what went wrong. */
  readonly onFailure: (issuer: Issuer, cause: unknown) => void
  /** How long one issuer may take; `signMilliseconds` when left out. */
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

/** Gives up waiting for an answer that takes too long; what comes later is dropped. */
const withinTime = async <T>(answer: Promise<T>, milliseconds: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not sign within ${milliseconds} ms.`)), milliseconds)
  })
  try {
    return await Promise.race([answer, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Spreads signatures over the issuers of a tenant. Keeps one signer a key, opened at its first use; a failed opening is
 * tried again by the next caller. An issuer that fails rests for a while.
 */
export const signerPool = (options: SignerPoolOptions) => {
  const { source, now, onFailure, limitMilliseconds = signMilliseconds } = options
  const opened = new Map<string, Promise<SigningKey>>()
  const health = issuerHealth(() => now().getTime())

  const open = ({ generation }: Issuer): Promise<SigningKey> => {
    const { keyReference, algorithm } = generation
    const key = opened.get(keyReference) ?? source.open(keyReference, algorithm)
    opened.set(keyReference, key)
    key.catch(() => opened.delete(keyReference))
    return key
  }

  const signVerified = async (issuer: Issuer, tbs: Uint8Array, requestId: string): Promise<Uint8Array> => {
    const { algorithm, publicKey, generation } = issuer
    const signature = await (await open(issuer)).sign(tbs, requestId)
    if (verifiesSignature({ algorithm, publicKey, signed: tbs, signature })) return signature
    throw new Refusal(
      'signature-unverified',
      `Cannot use the signature: it does not verify with the certificate of ${generation.id}.`,
    )
  }

  return {
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
    async sign(issuer: Issuer, tbs: Uint8Array, requestId: string): Promise<Uint8Array> {
      if (!health.claim(idOf(issuer))) throw unavailable(issuer, 'it rests')
      try {
        const signature = await withinTime(signVerified(issuer, tbs, requestId), limitMilliseconds)
        health.succeeded(idOf(issuer))
        return signature
      } catch (error) {
        health.failed(idOf(issuer), restOf(error))
        onFailure(issuer, error)
        throw unavailable(issuer, error)
      }
    },
  }
}

/** The signers of a process. */
export type SignerPool = ReturnType<typeof signerPool>
