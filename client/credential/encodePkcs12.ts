import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { contextTag, derTag } from '../../lib/x509/derTag.ts'
import {
  encodeContext,
  encodeElement,
  encodeNull,
  encodeOctetString,
  encodeOid,
  encodeSequence,
  encodeSetOf,
  encodeSmallInteger,
} from '../../lib/x509/encodeElement.ts'
import { encodeCount, pbes2, type Pbes2Encrypted } from './pbes2.ts'
import { pkcs12Mac, type Pkcs12MacOptions } from './pkcs12Mac.ts'

const oid = {
  data: encodeOid('1.2.840.113549.1.7.1'),
  encryptedData: encodeOid('1.2.840.113549.1.7.6'),
  shroudedKeyBag: encodeOid('1.2.840.113549.1.12.10.1.2'),
  certBag: encodeOid('1.2.840.113549.1.12.10.1.3'),
  x509Certificate: encodeOid('1.2.840.113549.1.9.22.1'),
  friendlyName: encodeOid('1.2.840.113549.1.9.20'),
  localKeyId: encodeOid('1.2.840.113549.1.9.21'),
  sha256: encodeOid('2.16.840.1.101.3.4.2.1'),
}

/**
 * How often passwords are hashed, for each of two encryptions and for the MAC: whoever guesses takes the cheapest of these. More
 * is refused by readers that hold a file to 600,000 in all, as .NET does, and is paid by whoever opens it.
 */
const usualIterations = 100_000

/** What a PKCS#12 file holds. */
export interface Pkcs12Contents {
  /** PEM PKCS#8, not encrypted. */
  readonly key: string
  /** PEM. */
  readonly certificate: string
  /** PEM, from the issuer of the certificate upwards. */
  readonly chain: readonly string[]
  /** How programs call key and certificate: their alias, or nickname. */
  readonly friendlyName: string
}

/** How the password is hashed. */
interface Hashing {
  /** Draws 16 octets at each call, for a salt or an initialization vector. */
  readonly chance?: () => Uint8Array
  readonly iterations?: number
}

const attribute = (type: Uint8Array, value: Uint8Array): Uint8Array =>
  encodeSequence(type, encodeSetOf(value))

/** PKCS12Attribute of RFC 2985 section 5.5, which belong to a key and to its certificate alike. */
const attributesOf = (friendlyName: string, localKeyId: Uint8Array): Uint8Array =>
  encodeSetOf(
    attribute(
      oid.friendlyName,
      encodeElement(derTag.bmpString, Buffer.from(friendlyName, 'utf16le').swap16()),
    ),
    attribute(oid.localKeyId, encodeOctetString(localKeyId)),
  )

/** SafeBag ::= SEQUENCE { bagId OBJECT IDENTIFIER, bagValue [0] EXPLICIT, bagAttributes SET OF OPTIONAL } */
const safeBag = (type: Uint8Array, value: Uint8Array, ...attributes: readonly Uint8Array[]): Uint8Array =>
  encodeSequence(type, encodeContext(0, value), ...attributes)

/** CertBag ::= SEQUENCE { certId OBJECT IDENTIFIER, certValue [0] EXPLICIT OCTET STRING } */
const certBag = ({ raw }: X509Certificate, ...attributes: readonly Uint8Array[]): Uint8Array =>
  safeBag(
    oid.certBag,
    encodeSequence(oid.x509Certificate, encodeContext(0, encodeOctetString(raw))),
    ...attributes,
  )

/** ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT } of type data */
const dataContent = (octets: Uint8Array): Uint8Array =>
  encodeSequence(oid.data, encodeContext(0, encodeOctetString(octets)))

/**
 * A ContentInfo of type encryptedData, RFC 5652 section 8.
 *
 *     EncryptedData ::= SEQUENCE { version 0, encryptedContentInfo SEQUENCE {
 *       contentType id-data, contentEncryptionAlgorithm AlgorithmIdentifier, encryptedContent [0] IMPLICIT OCTET STRING } }
 */
const encryptedContent = ({ algorithm, octets }: Pbes2Encrypted): Uint8Array => {
  const contentInfo = encodeSequence(oid.data, algorithm, encodeElement(contextTag(0, false), octets))
  return encodeSequence(
    oid.encryptedData,
    encodeContext(0, encodeSequence(encodeSmallInteger(0), contentInfo)),
  )
}

/** MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER } */
const macData = (contents: Uint8Array, options: Pkcs12MacOptions): Uint8Array => {
  const { salt, iterations } = options
  const mac = pkcs12Mac(contents, options)
  const digestInfo = encodeSequence(encodeSequence(oid.sha256, encodeNull()), encodeOctetString(mac))
  return encodeSequence(digestInfo, encodeOctetString(salt), encodeCount(iterations))
}

/**
 * Encodes a key with its certificates as a PKCS#12 file: a PFX in password privacy and integrity mode, RFC 7292 section 4.
 * Everything is encrypted by PBES2, and MACed with SHA-256.
 * @returns DER.
 */
//  PFX ::= SEQUENCE { version 3, authSafe ContentInfo, macData MacData }
//  AuthenticatedSafe ::= SEQUENCE OF ContentInfo; SafeContents ::= SEQUENCE OF SafeBag
export const encodePkcs12 = async (
  { key, certificate, chain, friendlyName }: Pkcs12Contents,
  password: string,
  { chance = () => randomBytes(16), iterations = usualIterations }: Hashing = {},
): Promise<Uint8Array> => {
  const encrypt = (octets: Uint8Array) =>
    pbes2(octets, { password, salt: chance(), iterations, iv: chance() })
  const [leaf, ...issuers] = [certificate, ...chain].map((pem) => new X509Certificate(pem))
  if (!leaf) throw new Error('there is no certificate')
  // What ties a key to its certificate; readers compare it, and derive nothing from it.
  const localKeyId = createHash('sha256').update(leaf.raw).digest()
  const attributes = attributesOf(friendlyName, localKeyId)
  const bags = [certBag(leaf, attributes), ...issuers.map((issuer) => certBag(issuer))]
  const certificates = await encrypt(encodeSequence(...bags))
  const shrouded = await encrypt(createPrivateKey(key).export({ format: 'der', type: 'pkcs8' }))
  // EncryptedPrivateKeyInfo of RFC 5958 section 3.
  const encryptedKey = encodeSequence(shrouded.algorithm, encodeOctetString(shrouded.octets))
  const keys = encodeSequence(safeBag(oid.shroudedKeyBag, encryptedKey, attributes))
  const contents = encodeSequence(encryptedContent(certificates), dataContent(keys))
  return encodeSequence(
    encodeSmallInteger(3),
    dataContent(contents),
    macData(contents, { password, salt: chance(), iterations }),
  )
}
