import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { LeafRequest } from '../lib/profile/leafProfile.ts'
import { clientAuthOid, extensionOid } from '../lib/x509/extension.ts'
import { keyIdentifier } from '../lib/x509/publicKey.ts'

/** Octets as the library wants them: an ArrayBuffer of their own. */
const own = (octets: Uint8Array): ArrayBuffer => Uint8Array.from(octets).buffer
const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

const extensionsOf = ({ profile, identity, issuer, publicKey }: LeafRequest): Extension[] => [
  new AuthorityKeyIdentifierExtension(hex(issuer.subjectKeyIdentifier)),
  new SubjectKeyIdentifierExtension(hex(keyIdentifier(publicKey.bits))),
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  new ExtendedKeyUsageExtension([clientAuthOid, profile.markerOid]),
  new SubjectAlternativeNameExtension([{ type: 'upn', value: identity.upn }]),
  new Extension(extensionOid.noRevAvail, false, Uint8Array.of(0x05, 0x00)),
]

/**
 * Makes and signs, with @peculiar/x509, the leaf of the default profile.
 * @returns DER Certificate.
 */
export const libraryLeaf = async (
  request: LeafRequest,
  signingKey: webcrypto.CryptoKey,
): Promise<Uint8Array> => {
  const { identity, issuer, publicKey, serialNumber, validity } = request
  const certificate = await X509CertificateGenerator.create({
    serialNumber: hex(serialNumber),
    issuer: new Name(own(issuer.subject)),
    subject: new Name([{ CN: [{ utf8String: identity.commonName }] }]),
    ...validity,
    publicKey: new PublicKey(own(publicKey.spki)),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    signingKey,
    extensions: extensionsOf(request),
  })
  return new Uint8Array(certificate.rawData)
}
