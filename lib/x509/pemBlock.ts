import { Refusal } from '../errors/refusal.ts'
import { decodeBase64 } from '../text/decodeText.ts'

/** Lines of 64 characters, each with its end. */
const lines = (base64: string): string => {
  let text = ''
  for (let start = 0; start < base64.length; start += 64) text += `${base64.slice(start, start + 64)}\n`
  return text
}

/** Encodes one object in the textual encoding of RFC 7468, ending with a line feed. */
export const encodePem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${lines(Buffer.from(der).toString('base64'))}-----END ${label}-----\n`

/** One object of a PEM text. */
export interface PemBlock {
  readonly label: string
  /** Undefined where the base64 is broken, cut short or encrypted. */
  readonly der: Uint8Array | undefined
}

/** Headers of RFC 1421, which RFC 7468 section 2 does without, end with an empty line. */
const withoutHeaders = (body: string): string => {
  const [first = '', ...rest] = body.trim().split(/\r\n|\r|\n/)
  if (!first.includes(':')) return body
  const end = rest.findIndex((line) => line.trim() === '')
  const isEncrypted = first.includes('ENCRYPTED')
  return end === -1 || isEncrypted ? '' : rest.slice(end).join('\n')
}

const boundary = /-----(BEGIN|END) ([^\r\n-]{0,64})-----/g

/**
 * Parses the objects of a text as RFC 7468 section 3 wants it done ("lax"): whatever text stands around them, white space
 * and any line ends, or none, within.
 * @param text latin1 will do: all that matters is ASCII.
 */
export const parsePem = (text: string): readonly PemBlock[] => {
  const boundaries = [...text.matchAll(boundary)]
  return boundaries.flatMap(([begin, which, label = ''], index): readonly PemBlock[] => {
    if (which === 'END') return []
    const start = (boundaries[index]?.index ?? 0) + begin.length
    const end = boundaries[index + 1]
    const isWhole = end?.[1] === 'END' && end[2] === label
    const body = isWhole ? withoutHeaders(text.slice(start, end.index)) : ''
    return [{ label, der: decodeBase64(body) }]
  })
}

/** RFC 7468 section 5.1, with what OpenSSL wrote long ago. */
const certificateLabels: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE'])

/**
 * Takes the certificates out of a PEM text, such as a chain or a trust bundle. What stands around them is skipped; a
 * certificate that is broken is refused.
 * @returns DER Certificates.
 * @throws {Refusal} `certificate-malformed`
 */
export const parsePemCertificates = (text: string): readonly Uint8Array[] =>
  parsePem(text)
    .filter(({ label }) => certificateLabels.has(label))
    .map(({ der }) => {
      if (der) return der
      throw new Refusal('certificate-malformed', 'Cannot read a PEM certificate: it is cut short or broken.')
    })
