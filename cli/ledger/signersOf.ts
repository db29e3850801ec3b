import { createPublicKey } from 'node:crypto'
import type { Authority } from '../../lib/authority/authority.ts'
import type { Generation } from '../../lib/authority/generation.ts'
import type { Certificate } from '../../lib/x509/certificate.ts'
import { verifiesSignature } from '../../lib/x509/signatureAlgorithm.ts'

/** Tells whether an issuer signed a certificate. */
export const isSignedBy = (
  { tbs, signed, signature }: Certificate,
  { tbs: issuer }: Pick<Generation, 'tbs'>,
): boolean => {
  const key = Buffer.from(issuer.subjectPublicKeyInfo)
  const publicKey = createPublicKey({ key, format: 'der', type: 'spki' })
  return verifiesSignature({ algorithm: tbs.signature, publicKey, signed, signature })
}

/** The issuers of a tenant that signed a certificate, in whatever state they are: one, or none. */
export const signersOf = (
  certificate: Certificate,
  authority: Authority | undefined,
): readonly Generation[] =>
  (authority?.generations ?? [])
    .filter(({ kind }) => kind === 'issuer')
    .filter((issuer) => isSignedBy(certificate, issuer))
