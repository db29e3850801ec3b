import { compactVerify } from 'jose'
import { parseJson, jsonMember } from '../json/parseJson.ts'
import { decodeBase64url } from '../text/decodeText.ts'
import { type Certificate, certificateDigest, parseCertificate } from '../x509/certificate.ts'
import { parsePublicKey, type PublicKey } from '../x509/publicKey.ts'
import { readingBundle, refuseBundle } from './bundleContent.ts'

export interface SignedContent {
  /** JSON, as the octets of `trust.json` are. */
  readonly json: string
  readonly signer: Certificate
  /** SHA-256 of the signer's certificate, lower-case hex. */
  readonly signerSha256: string
}

const maxOctets = 256 * 1024
const type = 'mayfly-trust+jws'

/** Decodes the one spelling that base64url without padding has for its octets (RFC 7515 section 2). */
const decodePart = (part: string, name: string): Uint8Array => {
  const octets = part === '' ? undefined : decodeBase64url(part)
  if (octets) return octets
  throw refuseBundle(`its ${name} is not base64url`)
}

/** UTF-8 without substitutions: the octets that were signed, to the last. */
const decodeContent = (octets: Uint8Array): string =>
  readingBundle('its content', () =>
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets),
  )

const checkType = (header: unknown): void => {
  const names = typeof header === 'object' && header !== null ? Object.keys(header).sort() : []
  if (JSON.stringify(names) !== '["alg","typ","x5c"]')
    throw refuseBundle('the members of its header are not exactly alg, typ and x5c')
  if (jsonMember(header, 'typ') !== type) throw refuseBundle(`the typ of its header is not ${type}`)
}

/** RFC 7515 section 4.1.6: base64 of DER; the path of a root has nothing but the root. */
const readSigner = (header: unknown): Certificate => {
  const x5c = jsonMember(header, 'x5c')
  const [base64, ...more] = Array.isArray(x5c) ? (x5c as readonly unknown[]) : []
  if (typeof base64 !== 'string' || more.length > 0)
    throw refuseBundle('the x5c of its header is not one certificate')
  const der = Buffer.from(base64, 'base64')
  if (der.toString('base64') !== base64) throw refuseBundle('the x5c of its header is not base64')
  return readingBundle('the certificate of its signer', () => parseCertificate(der))
}

/** The one algorithm of RFC 7518 that a key may sign bundles with; undefined for a key that may not. */
const algorithmFor = ({ shape }: PublicKey): string | undefined => {
  switch (shape.kind) {
    case 'ec':
      return shape.curve === 'P-256' ? 'ES256' : 'ES384'
    case 'rsa':
      return 'RS256'
    case 'ed25519':
      return undefined
  }
}

/** The key decides on the algorithm, and the header agrees: never the other way round. */
const checkAlgorithm = (header: unknown, key: PublicKey): string => {
  const algorithm = algorithmFor(key)
  if (algorithm !== undefined && jsonMember(header, 'alg') === algorithm) return algorithm
  throw refuseBundle('the alg of its header is not that of its signer')
}

interface ReadSignature extends SignedContent {
  readonly header: unknown
}

/** Reads a bundle that nobody has verified yet. */
const readSignature = (jws: string): ReadSignature => {
  if (jws.length > maxOctets) throw refuseBundle(`it has ${jws.length} characters, the limit is ${maxOctets}`)
  const parts = jws.split('.')
  if (parts.length !== 3) throw refuseBundle('it is not a JWS in compact serialization')
  const [headerPart = '', contentPart = '', signaturePart = ''] = parts
  const headerOctets = decodePart(headerPart, 'header')
  const json = decodeContent(decodePart(contentPart, 'content'))
  decodePart(signaturePart, 'signature')
  const header = parseJson(headerOctets, (why) => refuseBundle(`its header ${why}`))
  checkType(header)
  const signer = readSigner(header)
  return { header, json, signer, signerSha256: certificateDigest(signer.der) }
}

/**
 * Tells who is said to have signed a bundle, which nothing vouches for yet.
 * @returns SHA-256 of the signer's certificate, lower-case hex.
 * @throws {Refusal} `trust-bundle-refused` for what is no bundle.
 */
export const claimedSigner = (jws: string): string => readSignature(jws).signerSha256

/**
 * Verifies that a root which is trusted signed a bundle.
 * @param jws JWS compact serialization (RFC 7515) of the type that Mayfly's bundles have, at most 256 KiB.
 * @param anchors SHA-256 digests of the root certificates that are trusted, lower-case hex.
 * @throws {Refusal} `trust-bundle-refused`
 */
export const verifyBundleSignature = async (
  jws: string,
  anchors: readonly string[],
): Promise<SignedContent> => {
  const { header, json, signer, signerSha256 } = readSignature(jws)
  if (!anchors.includes(signerSha256))
    throw refuseBundle(`the root ${signerSha256} that signed it is not among those trusted here`)
  const key = readingBundle('the key of its signer', () => parsePublicKey(signer.tbs.subjectPublicKeyInfo))
  const algorithm = checkAlgorithm(header, key)
  await compactVerify(jws, key.keyObject, { algorithms: [algorithm] }).catch((error: unknown) => {
    throw refuseBundle('its signature does not verify', error)
  })
  return { json, signer, signerSha256 }
}
