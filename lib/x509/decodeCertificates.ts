import { Refusal } from '../errors/refusal.ts'
import { decodeObjects } from './decodeObjects.ts'
import { objectKindOf, objectWords } from './objectKind.ts'
import { encodePem, parsePemCertificates } from './pemBlock.ts'

const refuse = (why: string) => new Refusal('certificate-malformed', `Cannot read a certificate: ${why}.`)

/**
 * Decodes the certificates of a file: any number as PEM, whatever stands around them, or one as DER or base64, as Windows
 * writes `.cer`.
 * @returns DER Certificates, not yet parsed; at least one.
 * @throws {Refusal} `certificate-malformed`
 */
export const decodeCertificates = (octets: Uint8Array): readonly Uint8Array[] => {
  const framed = parsePemCertificates(Buffer.from(octets).toString('latin1'))
  if (framed.length > 0) return framed
  const [{ label, der }] = decodeObjects(octets, refuse)
  const kind = objectKindOf(der)
  if (kind !== undefined && kind !== 'certificate') throw refuse(`it is ${objectWords[kind]}`)
  if (label === undefined) return [der]
  throw refuse('the label of its PEM is not CERTIFICATE')
}

/**
 * Writes the certificates of a file anew, for what trusts them as authorities: OpenSSL passes over a certificate after a byte
 * order mark, and takes no DER.
 * @returns PEM.
 * @throws {Refusal} `certificate-malformed`
 */
export const authoritiesPem = (octets: Uint8Array): string =>
  decodeCertificates(octets)
    .map((der) => encodePem('CERTIFICATE', der))
    .join('')
