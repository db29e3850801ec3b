import { extensionValue } from '../x509/certificate.ts'
import { decodeSubjectKeyIdentifier, extensionOid } from '../x509/extensions.ts'
import { keyIdentifier, type PublicKey } from '../x509/publicKey.ts'
import type { SignatureAlgorithm } from '../x509/signatureAlgorithm.ts'
import type { TbsCertificate } from '../x509/tbsCertificate.ts'
import { leafLimits } from './leafProfile.ts'
import type { LintRule } from './lint.ts'

/** What every certificate is linted against, whatever its kind. */
export interface CommonExpectation {
  readonly publicKey: PublicKey
  /** The algorithm of the key that will sign. */
  readonly algorithm: SignatureAlgorithm
  /** DER Name of the certificate that signs. */
  readonly issuerName: Uint8Array
}

/** Tells whether two encodings are the same octets. */
export const sameOctets = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** Tells whether two lists have the same members in the same order. */
export const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index])

/** Tells whether the extension's value satisfies the test; false when the certificate lacks the extension. */
export const holdsFor = (tbs: TbsCertificate, oid: string, test: (value: Uint8Array) => boolean): boolean => {
  const value = extensionValue(tbs, oid)
  return value !== undefined && test(value)
}

/** Rules that hold for leaf, issuer and root. */
export const commonRules: readonly LintRule<CommonExpectation>[] = [
  {
    name: 'serial-number-positive',
    citation: 'RFC 5280 section 4.1.2.2',
    holds: ({ serialNumber }) => (serialNumber[0] ?? 0) < 0x80 && serialNumber.some((octet) => octet !== 0),
  },
  {
    name: 'serial-number-length',
    citation: 'profile: 16 octets',
    holds: ({ serialNumber }) => serialNumber.length === leafLimits.serialNumberOctets,
  },
  {
    name: 'signature-algorithm-of-issuer-key',
    citation: 'RFC 5280 section 4.1.2.3',
    holds: ({ signature }, { algorithm }) => signature === algorithm,
  },
  {
    name: 'issuer-name-byte-equal',
    citation: 'RFC 5280 section 4.1.2.4',
    holds: ({ issuer }, { issuerName }) => sameOctets(issuer, issuerName),
  },
  {
    name: 'validity-in-order',
    citation: 'RFC 5280 section 4.1.2.5',
    holds: ({ notBefore, notAfter }) => notBefore < notAfter,
  },
  {
    name: 'subject-public-key-unchanged',
    citation: 'RFC 5280 section 4.1.2.7',
    holds: ({ subjectPublicKeyInfo }, { publicKey }) => sameOctets(subjectPublicKeyInfo, publicKey.spki),
  },
  {
    name: 'extensions-unique',
    citation: 'RFC 5280 section 4.2',
    holds: ({ extensions }) => new Set(extensions.map(({ oid }) => oid)).size === extensions.length,
  },
  {
    name: 'subject-key-identifier',
    citation: 'RFC 7093 section 2',
    holds: (tbs, { publicKey }) =>
      holdsFor(tbs, extensionOid.subjectKeyIdentifier, (value) =>
        sameOctets(decodeSubjectKeyIdentifier(value), keyIdentifier(publicKey.bits)),
      ),
  },
]
