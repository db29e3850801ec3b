import { createHash } from 'node:crypto'
import { type BundleContent, parseBundleContent, refuseBundle } from './bundleContent.ts'
import { verifyPaths } from './verifyPaths.ts'
import { verifyBundleSignature } from './verifyBundleSignature.ts'
import { rfc3339 } from '../text/rfc3339.ts'

/** A trust bundle that a trusted root signed; only openTrustBundle() and verifyTrustBundle() make one. */
export interface TrustBundle extends BundleContent {
  /** SHA-256 of the octets of `trust.json` and of `trust.jws`, lower-case hex. */
  readonly sha256: { readonly json: string; readonly jws: string }
  readonly json: string
  /** JWS compact serialization, ASCII. */
  readonly jws: string
  /** The SHA-256 of the root that signed it, which it holds. */
  readonly signedBy: string
}

/** Whom a relying party trusts to sign the bundles of which tenant. */
export interface BundleAnchors {
  readonly tenant: string
  /**
   * SHA-256 digests of root certificates, lower-case hex: those an administrator pinned, later the roots of the
   * installed bundle.
   */
  readonly anchors: readonly string[]
}

export type InstalledBundle = Pick<TrustBundle, 'sequence' | 'sha256'>

export interface BundleExpectation extends BundleAnchors {
  readonly installed?: InstalledBundle | undefined
  readonly now: Date
}

/** The cause of a refusal: a bundle that verifies, but came before the installed one. */
export class OlderBundle extends Error {
  readonly sequence: number

  constructor({ sequence }: Pick<TrustBundle, 'sequence'>) {
    super(`The bundle ${sequence} is an old one.`)
    this.sequence = sequence
  }
}

/** Clocks differ: a bundle may be made this much later than now. */
const clockToleranceMilliseconds = 5 * 60_000

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * Opens a bundle that was in force once: signature, shape and certificates. Tells nothing about now.
 * @throws {Refusal} `trust-bundle-refused`
 */
export const openTrustBundle = async (
  jws: string,
  { tenant, anchors }: BundleAnchors,
): Promise<TrustBundle> => {
  const { json, signerSha256 } = await verifyBundleSignature(jws, anchors)
  const content = parseBundleContent(json)
  if (content.tenant !== tenant) throw refuseBundle(`it is that of another tenant than ${tenant}`)
  if (!content.roots.some((root) => root.sha256 === signerSha256))
    throw refuseBundle(`it does not hold the root ${signerSha256} that signed it`)
  verifyPaths(content)
  const digests = { json: sha256(json), jws: sha256(jws) }
  return { ...content, sha256: digests, json, jws, signedBy: signerSha256 }
}

/** Tells how a bundle stands to one that was seen before it. */
export const successionOf = (
  bundle: InstalledBundle,
  seen: { readonly sequence: number; readonly json: string },
): 'later' | 'same' | 'older' | 'fork' => {
  if (bundle.sequence !== seen.sequence) return bundle.sequence > seen.sequence ? 'later' : 'older'
  return bundle.sha256.json === seen.json ? 'same' : 'fork'
}

/**
 * Checks that a bundle comes after the installed one, or is the same.
 * @throws {Refusal} `trust-bundle-refused`
 */
export const checkSuccession = (bundle: TrustBundle, installed: InstalledBundle | undefined): void => {
  if (!installed) return
  const { sequence } = installed
  const standing = successionOf(bundle, { sequence, json: installed.sha256.json })
  if (standing === 'older')
    throw refuseBundle(
      `it is an old one: its sequence is ${bundle.sequence}, ${sequence} is installed`,
      new OlderBundle(bundle),
    )
  if (standing === 'fork')
    throw refuseBundle(`it is a fork: another bundle with the sequence ${sequence} is installed`)
}

const checkTimes = ({ issuedAt, roots, signedBy }: TrustBundle, now: Date): void => {
  if (issuedAt.getTime() > now.getTime() + clockToleranceMilliseconds)
    throw refuseBundle(`it is of the future: it was issued at ${rfc3339(issuedAt)}`)
  const signer = roots.find((root) => root.sha256 === signedBy)
  if (signer && signer.notBefore <= now && now <= signer.notAfter) return
  throw refuseBundle(`${signer?.id}, the root that signed it, is not valid now`)
}

/**
 * Verifies a bundle that came from anywhere: a mirror that alters it or replays an old one is found out.
 * @param jws the octets of `trust.jws` as text.
 * @throws {Refusal} `trust-bundle-refused`
 */
export const verifyTrustBundle = async (jws: string, expected: BundleExpectation): Promise<TrustBundle> => {
  const bundle = await openTrustBundle(jws, expected)
  checkSuccession(bundle, expected.installed)
  checkTimes(bundle, expected.now)
  return bundle
}
