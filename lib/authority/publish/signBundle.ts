import { Refusal } from '../../errors/refusal.ts'
import type { KeyProvider, Signer } from '../../keys/signer.ts'
import { signPrepared } from '../../keys/signPrepared.ts'
import { prepareBundle } from '../../prepared/prepared.ts'
import { rawEcdsaSignature } from '../../x509/derEcdsaSignature.ts'
import { keyFailure, namedKey, openGenerationKey } from '../authorityKey.ts'
import { type Generation, generationNumber, isOnline, isPublished, isValid } from '../generation.ts'

const byPublication = (one: Generation, other: Generation): number =>
  one.publishedSequence - other.publishedSequence ||
  one.publishedAt.getTime() - other.publishedAt.getTime() ||
  generationNumber(one) - generationNumber(other)

/**
 * The roots that may sign the bundle: published, valid now, their keys online. Best is the one that has been published
 * longest: a relying party that missed bundles still knows it.
 */
export const bundleSigners = (generations: readonly Generation[], now: Date): readonly Generation[] =>
  generations
    .filter((one) => one.kind === 'root' && isPublished(one) && isOnline(one) && isValid(one, now))
    .toSorted(byPublication)

const base64url = (octets: Uint8Array): string => Buffer.from(octets).toString('base64url')

const signatureFor = (der: Uint8Array, { algorithm }: Signer): Uint8Array => {
  switch (algorithm) {
    case 'ES256':
      return rawEcdsaSignature(der, 32)
    case 'ES384':
      return rawEcdsaSignature(der, 48)
    case 'RS256':
      return der
  }
}

/** Names the keys, and one use of them. */
interface Signing {
  readonly keys: KeyProvider
  readonly requestId: string
}

/**
 * Signs the JSON bundle: a JWS in compact serialization (RFC 7515) whose payload is the octets of `trust.json`, whose
 * `x5c` is the root that signed.
 * @throws {Refusal} `lint-failed`, `key-mismatch`, `key-file-refused`, `signer-refused`, `signer-unavailable` or
 *   `signature-unverified`
 */
export const signBundle = async (
  json: Uint8Array,
  root: Generation,
  { keys, requestId }: Signing,
): Promise<string> => {
  const key = await openGenerationKey(keys, root)
  const prepared = prepareBundle(json, root)
  const signature = await signPrepared(prepared, namedKey(key, root.id), requestId)
  return `${Buffer.from(prepared.octets).toString('latin1')}.${base64url(signatureFor(signature, key.signer))}`
}

/** A key that will answer again is worth another try of the command. */
const isTransient = ({ code }: Refusal): boolean => code === 'signer-unavailable'

const refuse = (roots: readonly Generation[], failures: readonly Refusal[]): Refusal => {
  const why = failures.map(({ detail }, index) => `${roots[index]?.id}: ${detail}`).join(' ')
  const [first] = failures.toSorted((one, other) => Number(isTransient(other)) - Number(isTransient(one)))
  if (first) return new Refusal(first.code, `Cannot sign the trust bundle. ${why}`, first.options)
  return new Refusal(
    'transition-refused',
    'Cannot sign the trust bundle: no root is left that is valid now and whose key is online.',
  )
}

/** A bundle as several roots signed it. */
export interface SignedBundle {
  /** That of the best root whose key works. */
  readonly jws: string
  /** The same content, by every other root whose key works. */
  readonly cosigned: readonly string[]
  /** A line for each root whose key does not work, for the history. */
  readonly unsigned: readonly string[]
}

/**
 * Signs the JSON bundle with each of the roots whose key works, so that a relying party may know any one of them alone.
 * One that is disabled or lost does not keep the authority from being changed.
 * @param roots best first.
 * @throws {Refusal} `transition-refused` without roots, `signature-unverified`, or why no key works
 */
export const signBundleByEach = async (
  json: Uint8Array,
  roots: readonly Generation[],
  { keys, uuid }: { readonly keys: KeyProvider; readonly uuid: () => string },
): Promise<SignedBundle> => {
  const outcomes: (string | Refusal)[] = []
  for (const root of roots)
    outcomes.push(await signBundle(json, root, { keys, requestId: uuid() }).catch(keyFailure))
  const [jws, ...cosigned] = outcomes.filter((outcome) => typeof outcome === 'string')
  const failures = outcomes.filter((outcome) => outcome instanceof Refusal)
  if (jws === undefined) throw refuse(roots, failures)
  const unsigned = outcomes.flatMap((outcome, index) =>
    outcome instanceof Refusal ? [`${roots[index]?.id} did not sign the bundle: ${outcome.code}`] : [],
  )
  return { jws, cosigned, unsigned }
}
