import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { parseCertificate } from '../x509/certificate.ts'

/** RFC 7517 section 4.7 wants base64, not base64url; one spelling of it passes. */
const canonicalBase64 = (text: unknown): Uint8Array | undefined => {
  const octets = typeof text === 'string' && text !== '' ? Buffer.from(text, 'base64') : undefined
  return octets?.toString('base64') === text ? octets : undefined
}

/**
 * Reads the key of a published JWK that has certificates (`x5c`) in place of `n` and `e`, as those of Azure Attestation do:
 * that of the first one, RFC 7517 section 4.7. The certificate is a wrapping here: whoever publishes the set vouches for the
 * key, for as long as it is published, so dates, usage and signature of the certificate say nothing.
 * @returns undefined for what has no such key; RSA only.
 */
export const certifiedKey = ({ kty, n, e, x5c }: JsonWebKey): KeyObject | undefined => {
  const der = canonicalBase64(Array.isArray(x5c) ? x5c[0] : undefined)
  if (kty !== 'RSA' || n !== undefined || e !== undefined || !der) return undefined
  try {
    const spki = Buffer.from(parseCertificate(der).tbs.subjectPublicKeyInfo)
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    return key.asymmetricKeyType === 'rsa' ? key : undefined
  } catch {
    return undefined
  }
}
