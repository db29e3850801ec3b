import { type Deadline, openDeadline } from '../../deadline/deadline.ts'
import { requestTimes } from '../../deadline/requestTimes.ts'
import { Refusal } from '../../errors/refusal.ts'
import type { SignerSource, SigningKey, SigningOptions } from '../../keys/signer.ts'
import { type NamedKey, probeKey, signPrepared } from '../../keys/signPrepared.ts'
import { checkGoodFor, type Prepared } from '../../prepared/prepared.ts'
import type { Issuer } from '../authority.ts'
import { issuerHealth } from './issuerHealth.ts'

/** The ids of one use of a key: ours, and that under which the key's own log shows it. */
export interface SigningIds {
  /** UUID. */
  readonly requestId: string
  /** Lower case; empty for a local key, and where the vault's answer did not arrive. */
  readonly vaultRequestId: string
}

/** Identifies one use of a key, and bounds it. */
export interface KeyUse {
  /** UUID. */
  readonly requestId: string
  readonly deadline?: Deadline
}

/** A signature that was verified. */
export interface Signed extends SigningIds {
  /** The value of the X.509 signature BIT STRING. */
  readonly signature: Uint8Array
}

/** An issuer that did not sign. The key's log may show a signature all the same. */
export interface FailedSignature extends SigningIds {
  readonly cause: unknown
  /** Whether the request had less than half the time that an issuer is given: that says nothing of the issuer. */
  readonly wasCutShort: boolean
}

/** Gives a pool its keys, its time and its listener. */
export interface SignerPoolOptions {
  readonly source: SignerSource
  readonly now: () => Date
  /** The time that an issuer is given to sign; that of a request of the default time when left out. */
  readonly signMilliseconds?: number
  readonly onFailure: (issuer: Issuer, failed: FailedSignature) => void
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
  const { source, now, onFailure, signMilliseconds = requestTimes().signMilliseconds } = options
  const opened = new Map<string, Promise<SigningKey>>()
  const health = issuerHealth(() => now().getTime())
  /** When one signed, unless one failed since. */
  let signedAt = Number.NEGATIVE_INFINITY

  const ownDeadline = () => openDeadline(signMilliseconds, () => now().getTime())

  const open = ({ generation }: Issuer): Promise<SigningKey> => {
    const { keyReference, algorithm } = generation
    const key = opened.get(keyReference) ?? source.open(keyReference, algorithm)
    opened.set(keyReference, key)
    key.catch(() => opened.delete(keyReference))
    return key
  }

  const keyOf = async (issuer: Issuer): Promise<NamedKey> => {
    const { algorithm, publicKey, publicKeyInfo, generation } = issuer
    return { key: await open(issuer), algorithm, publicKey, spki: publicKeyInfo, name: generation.id }
  }

  const fail = (id: string, cause: unknown): void => {
    health.failed(id, restOf(cause))
    signedAt = Number.NEGATIVE_INFINITY
  }

  /** Asks a key that is not resting, until the deadline, and remembers how that went. */
  const ask = async <T>(
    issuer: Issuer,
    { requestId, deadline = ownDeadline() }: KeyUse,
    use: (key: NamedKey, requestId: string, options: SigningOptions) => Promise<T>,
  ): Promise<SigningIds & { readonly result: T }> => {
    const [id, milliseconds] = [idOf(issuer), Math.ceil(deadline.remaining())]
    if (!health.claim(id)) throw unavailable(issuer, 'it rests')
    let [vaultRequestId, isLate] = ['', false]
    const tooLate = () => {
      isLate = true
      return new Error(`The key ${issuer.generation.keyReference} did not sign within ${milliseconds} ms.`)
    }
    const told = { signal: deadline.signal, onLogged: (theirs: string) => void (vaultRequestId = theirs) }
    try {
      const asked = keyOf(issuer).then((key) => use(key, requestId, told))
      const result = await deadline.within(asked, tooLate)
      health.succeeded(id)
      signedAt = now().getTime()
      return { result, requestId, vaultRequestId }
    } catch (cause) {
      const wasCutShort = isLate && milliseconds < signMilliseconds / 2
      if (wasCutShort) health.released(id)
      else fail(id, cause)
      onFailure(issuer, { cause, requestId, vaultRequestId, wasCutShort })
      throw unavailable(issuer, cause)
    }
  }

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
     * Signs with the key of an issuer what was prepared for it.
     * @param use its UUID for the log of the key, and when the call and the waiting for it end; an issuer's whole time when
     *   left out.
     * @throws {Refusal} `signer-unavailable`
     */
    async sign(issuer: Issuer, prepared: Prepared, use: KeyUse): Promise<Signed> {
      // Told before the key is asked: what is spent is our defect, and no sickness of the issuer.
      checkGoodFor(prepared, issuer.publicKeyInfo)
      const { result, ...ids } = await ask(issuer, use, (...by) => signPrepared(prepared, ...by))
      return { signature: result, ...ids }
    },
    /** Asks the key of an issuer for a signature that is good for nothing. @throws {Refusal} `signer-unavailable` */
    async probe(issuer: Issuer, use: KeyUse): Promise<SigningIds> {
      const { result: _, ...ids } = await ask(issuer, use, probeKey)
      return ids
    },
  }
}

/** The signers of a process. */
export type SignerPool = ReturnType<typeof signerPool>
