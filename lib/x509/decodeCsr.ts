import { Refusal } from '../errors/refusal.ts'
import { latin1 } from '../text/decodeText.ts'
import { decodeObjects } from './decodeObjects.ts'
import { type ObjectKind, objectKindOf, objectWords } from './objectKind.ts'

/** A frame of a private key, also of OpenSSH, PGP or PuTTY, in whatever text. */
const frame = /BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File/

/** A JWK with its private part (RFC 7517 section 9.3), as browsers export keys, without white space; quotation marks may be escaped. */
const jwk = [/"kty\\?":/, /"d\\?":\\?"/]

/** Tells whether a private key stands in what somebody sent, of UTF-16 too, which has a zero beside each character. */
export const holdsPrivateKey = (octets: Uint8Array): boolean => {
  const text = latin1(octets).replaceAll('\0', '')
  const compact = text.replaceAll(/\s+/g, '')
  return frame.test(text) || jwk.every((part) => part.test(compact))
}

/** Warns whoever sent a private key, even if the rest could be read. */
export const privateKeySent =
  'a private key was sent, which is no longer secret: make a new one, and send its request alone'

/** The refusal of what is no certification request; the reason never contains a part of it. */
export const refuseCsr = (why: string): Refusal =>
  new Refusal('csr-malformed', `Cannot read the certification request: ${why}.`)

/** RFC 7468 section 7; the second is what Windows and NSS write. */
const labels: ReadonlySet<string> = new Set(['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'])

/** The kinds of objects that hold a private key. */
const secrets: ReadonlySet<ObjectKind> = new Set(['privateKey', 'pfx'])

/** Tells what to send in place of what holds a request, or is another form of one. */
const advice: Readonly<Partial<Record<ObjectKind, string>>> = {
  pkcs7: '; send the PKCS#10 inside',
  cmc: '; send the PKCS#10 inside',
  crmf: ', not PKCS#10',
  spkac: ', not PKCS#10',
  pem: '; send the PEM itself',
}

/**
 * Names what was sent in place of a request, where that can be told.
 * @returns the refusal; undefined for what may be a request.
 */
export const strangerRefusal = (der: Uint8Array): Refusal | undefined => {
  const kind = objectKindOf(der)
  if (kind === undefined || kind === 'request') return undefined
  return refuseCsr(secrets.has(kind) ? privateKeySent : `it is ${objectWords[kind]}${advice[kind] ?? ''}`)
}

/**
 * Decodes a certification request as it was sent: PEM (RFC 7468), DER, or the base64 of DER.
 * @returns DER CertificationRequest, not yet parsed.
 * @throws {Refusal} `csr-malformed`
 */
export const decodeCsr = (octets: Uint8Array): Uint8Array => {
  if (holdsPrivateKey(octets)) throw refuseCsr(privateKeySent)
  const [{ label, der }, ...more] = decodeObjects(octets, refuseCsr)
  if (holdsPrivateKey(der)) throw refuseCsr(privateKeySent)
  if (more.length > 0) throw refuseCsr(`it has ${more.length + 1} PEM objects: send one request alone`)
  if (label === undefined || labels.has(label)) return der
  throw strangerRefusal(der) ?? refuseCsr(`its label is not ${[...labels].join(' or ')}`)
}
