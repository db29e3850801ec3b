import { Refusal } from '../errors/refusal.ts'

const lines = (base64: string) => base64.match(/.{1,64}/g)?.join('\n') ?? ''

/** Encodes one object in the textual encoding of RFC 7468, ending with a line feed. */
export const encodePem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${lines(Buffer.from(der).toString('base64'))}\n-----END ${label}-----\n`

/**
 * Decodes standard base64 (RFC 4648 section 4), padded, with line breaks anywhere.
 * @returns undefined for anything else, bits beyond the last octet included.
 */
export const decodeBase64 = (text: string): Uint8Array | undefined => {
  const compact = text.replaceAll(/[\r\n]/g, '')
  const octets = Buffer.from(compact, 'base64')
  return compact !== '' && octets.toString('base64') === compact ? octets : undefined
}

const refuse = (why: string) => new Refusal('csr-malformed', `Cannot read the PEM text: ${why}.`)

/** UTF-8, UTF-16LE and UTF-16BE, read as latin1: what editors and PowerShell put before a text. */
const byteOrderMark = /^(?:\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)/

/**
 * Parses a text that holds exactly one PEM object, with white space around it at the most (RFC 7468 section 2).
 * @param text latin1: an octet a character.
 * @throws {Refusal} `csr-malformed`
 */
export const parseCsrPem = (text: string, labels: readonly string[]): Uint8Array => {
  if (byteOrderMark.test(text)) throw refuse('it starts with a byte order mark: save it as ASCII')
  const match =
    /^[ \t\r\n\v\f]*-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END ([A-Z0-9 ]{1,40})-----[ \t\r\n\v\f]*$/.exec(
      text,
    )
  if (!match) throw refuse('it is not exactly one object')
  const [, begin = '', base64 = '', end = ''] = match
  if (begin !== end || !labels.includes(begin)) throw refuse(`its label is not ${labels.join(' or ')}`)
  const der = decodeBase64(base64)
  if (!der) throw refuse('its base64 is broken')
  return der
}

const certificateStart = '-----BEGIN CERTIFICATE-----'
const certificateRest = /^\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----/

const parseCertificateRest = (text: string): Uint8Array => {
  const der = decodeBase64(certificateRest.exec(text)?.[1] ?? '')
  if (!der)
    throw new Refusal('certificate-malformed', 'Cannot read a PEM certificate: it is cut short or broken.')
  return der
}

/**
 * Splits a concatenation of PEM certificates, such as a chain or a trust bundle, into their DER encodings. Text
 * around them is skipped; a certificate that is broken is refused.
 * @throws {Refusal} `certificate-malformed`
 */
export const parsePemCertificates = (text: string): readonly Uint8Array[] =>
  text.split(certificateStart).slice(1).map(parseCertificateRest)
