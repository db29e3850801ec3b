import { createPublicKey, type KeyObject } from 'node:crypto'
import { Refusal } from '../lib/errors/refusal.ts'
import { type Certificate, parseCertificate, serialNumberHex } from '../lib/x509/certificate.ts'
import { encodePem, parsePemCertificates } from '../lib/x509/pemBlock.ts'
import { verifiesSignature } from '../lib/x509/signatureAlgorithm.ts'
import { jsonMember } from '../lib/json/parseJson.ts'
import { rfc3339 } from '../lib/text/rfc3339.ts'

/** Holds every certificate as PEM, times as RFC 3339 texts. */
export interface ClientCertificate {
  readonly certificate: string
  /** From the certificate's issuer upwards, without the trust anchor. */
  readonly chain: readonly string[]
  /** Lower-case hex. */
  readonly serialNumber: string
  readonly notBefore: string
  readonly notAfter: string
  /** When to enroll again, with a fresh token. */
  readonly renewal: { readonly start: string; readonly end: string }
}

const invalid = (why: string) =>
  new Refusal('service-answer-invalid', `Cannot use the certificate of the service: ${why}.`)

const text = (document: unknown, name: string): string => {
  const value = jsonMember(document, name)
  if (typeof value !== 'string') throw invalid(`"${name}" is not a text`)
  return value
}

const time = (document: unknown, name: string): string => {
  const value = text(document, name)
  if (Number.isNaN(Date.parse(value))) throw invalid(`"${name}" is not a time`)
  return value
}

const reading = <T>(read: () => T): T => {
  try {
    return read()
  } catch (error) {
    throw invalid(error instanceof Refusal ? error.detail.slice(0, -1) : 'a key of its chain cannot be read')
  }
}

const only = (pem: string): Certificate => {
  const [der, ...more] = reading(() => parsePemCertificates(pem))
  if (!der || more.length > 0) throw invalid('a PEM text does not hold exactly one certificate')
  return reading(() => parseCertificate(der))
}

const publicKeyOf = ({ tbs }: Certificate): KeyObject =>
  reading(() => createPublicKey({ key: Buffer.from(tbs.subjectPublicKeyInfo), format: 'der', type: 'spki' }))

const isSignedBy = ({ tbs, signed, signature }: Certificate, issuer: Certificate): boolean => {
  const publicKey = publicKeyOf(issuer)
  const named = Buffer.compare(tbs.issuer, issuer.tbs.subject) === 0
  return named && verifiesSignature({ algorithm: tbs.signature, publicKey, signed, signature })
}

/** The certificate is for our key, and each one of the path is signed by the next. */
const checkPath = (path: readonly Certificate[], publicKey: KeyObject): void => {
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  if (Buffer.compare(path[0]?.tbs.subjectPublicKeyInfo ?? new Uint8Array(), spki) !== 0)
    throw invalid('it is for another key')
  path.slice(1).forEach((issuer, index) => {
    const subject = path[index]
    if (!subject || !isSignedBy(subject, issuer)) throw invalid('its chain does not verify')
  })
}

const chainOf = (document: unknown): readonly Certificate[] => {
  const chain = jsonMember(document, 'chain')
  if (!Array.isArray(chain) || chain.length === 0) throw invalid('"chain" is not a list of certificates')
  return chain.map((pem) => {
    if (typeof pem !== 'string') throw invalid('"chain" is not a list of certificates')
    return only(pem)
  })
}

const pemOf = ({ der }: Certificate) => encodePem('CERTIFICATE', der)

/**
 * Verifies the reply to an enrollment: the certificate is for the key and its chain verifies. What the certificate
 * says itself is taken from it, not from the words beside it.
 * @throws {Refusal} `service-answer-invalid`
 */
export const verifyReply = (document: unknown, publicKey: KeyObject): ClientCertificate => {
  const certificate = only(text(document, 'certificate'))
  const chain = chainOf(document)
  checkPath([certificate, ...chain], publicKey)
  const renewal = jsonMember(document, 'renewal')
  return {
    certificate: pemOf(certificate),
    chain: chain.map(pemOf),
    serialNumber: serialNumberHex(certificate.tbs),
    notBefore: rfc3339(certificate.tbs.notBefore),
    notAfter: rfc3339(certificate.tbs.notAfter),
    renewal: { start: time(renewal, 'start'), end: time(renewal, 'end') },
  }
}

/** Reads a reply that was verified before, and kept. @throws {Refusal} `service-answer-invalid` */
export const keptReply = (document: unknown): ClientCertificate =>
  verifyReply(document, publicKeyOf(only(text(document, 'certificate'))))
