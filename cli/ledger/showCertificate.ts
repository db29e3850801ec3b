import { type Certificate, certificateDigest, serialNumberHex } from '../../lib/x509/certificate.ts'
import { DerError } from '../../lib/x509/derReader.ts'
import {
  clientAuthOid,
  decodeAuthorityKeyIdentifier,
  decodeCertificatePolicies,
  decodeExtKeyUsage,
  decodeKeyUsage,
  decodeSecurityIdentifier,
  decodeSubjectAltName,
  decodeSubjectKeyIdentifier,
  type Extension,
  extensionOid,
  type GeneralName,
} from '../../lib/x509/extension.ts'
import { decodeName } from '../../lib/x509/encodeName.ts'

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

/** Reads octets; hexadecimal where they are not what is read. */
const reading = (octets: Uint8Array, read: (octets: Uint8Array) => string | undefined): string => {
  try {
    return read(octets) ?? hex(octets)
  } catch (error) {
    if (error instanceof DerError) return hex(octets)
    throw error
  }
}

const attributeNames: Readonly<Record<string, string>> = { '2.5.4.3': 'CN', '2.5.4.10': 'O' }

const nameText = (name: Uint8Array): string =>
  reading(name, (octets) =>
    decodeName(octets)
      .map(({ type, utf8 }) => `${attributeNames[type] ?? type}=${utf8 ?? '(not UTF-8)'}`)
      .join(', '),
  )

const extensionNames = new Map<string, string>(Object.entries(extensionOid).map(([name, oid]) => [oid, name]))

/** Names the bits of KeyUsage, RFC 5280 section 4.2.1.3, by their number. */
const usages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
]

const purposes = new Map([[clientAuthOid, `clientAuth ${clientAuthOid}`]])

const alternativeName = (name: GeneralName | undefined): string => {
  if (!name) return 'a name of another kind'
  return `${name.kind} ${name.kind === 'iPAddress' ? hex(name.value) : name.value}`
}

const readers: Readonly<Record<string, (value: Uint8Array) => string | undefined>> = {
  [extensionOid.keyUsage]: (value) =>
    decodeKeyUsage(value)
      .map((bit) => usages[bit] ?? String(bit))
      .join(', '),
  [extensionOid.extKeyUsage]: (value) =>
    decodeExtKeyUsage(value)
      .map((oid) => purposes.get(oid) ?? oid)
      .join(', '),
  [extensionOid.subjectAltName]: (value) => decodeSubjectAltName(value).map(alternativeName).join(', '),
  [extensionOid.certificatePolicies]: (value) => decodeCertificatePolicies(value).join(', '),
  [extensionOid.subjectKeyIdentifier]: (value) => hex(decodeSubjectKeyIdentifier(value)),
  [extensionOid.authorityKeyIdentifier]: (value) => hex(decodeAuthorityKeyIdentifier(value)),
  [extensionOid.securityIdentifier]: decodeSecurityIdentifier,
  [extensionOid.noRevAvail]: () => 'no revocation information',
}

const showExtension = ({ oid, critical, value }: Extension) => ({
  oid,
  /** RFC 5280's, or the dotted identifier of one that Mayfly does not write. */
  name: extensionNames.get(oid) ?? oid,
  critical,
  /** Hexadecimal octets where they cannot be understood. */
  value: reading(value, readers[oid] ?? hex),
})

/** Decodes a certificate for people: names, validity, and extensions by name. */
export const showCertificate = ({ der, tbs }: Certificate) => ({
  subject: nameText(tbs.subject),
  issuer: nameText(tbs.issuer),
  serialNumber: serialNumberHex(tbs),
  notBefore: tbs.notBefore.toISOString(),
  notAfter: tbs.notAfter.toISOString(),
  extensions: tbs.extensions.map(showExtension),
  /** Of the DER certificate, lower-case hex. */
  sha256: certificateDigest(der),
})
