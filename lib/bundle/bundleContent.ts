import { parseJson, jsonMember } from '../json/parseJson.ts'
import { certificateDigest, parseCertificate } from '../x509/certificate.ts'
import { encodePem, parsePemCertificates } from '../x509/pemBlock.ts'
import { rfc3339 } from '../text/rfc3339.ts'
import { Refusal } from '../errors/refusal.ts'

const states = ['staged', 'active', 'retiring'] as const

/** Where a root or issuer of a bundle stands; what is retired or tainted is in no bundle. */
export type BundledState = (typeof states)[number]

/** One certificate of a bundle. */
export interface BundledCertificate {
  /** `root~0001`, `issuer~0001` or `cross~0002-0001`: also fit for the name of a file. */
  readonly id: string
  /** Of a root or issuer. */
  readonly state?: BundledState
  /** The id of the root whose key a cross certificate certifies. */
  readonly subject?: string
  /** The id of the root that signed an issuer or cross certificate. */
  readonly signedBy?: string
  /** DER Certificate. */
  readonly der: Uint8Array
  /** SHA-256 of the certificate, lower-case hex. */
  readonly sha256: string
  readonly notBefore: Date
  /** Inclusive. */
  readonly notAfter: Date
}

export interface BundleContent {
  readonly tenant: string
  /** Grows with every change of the authority. */
  readonly sequence: number
  readonly issuedAt: Date
  /** How long it may be kept before it is asked for again. */
  readonly refreshSeconds: number
  /** When the first of the staged generations may be put to work; undefined when none is staged. */
  readonly nextActivation: Date | undefined
  readonly roots: readonly BundledCertificate[]
  readonly issuers: readonly BundledCertificate[]
  readonly crossCertificates: readonly BundledCertificate[]
}

/** A JSON object of the bundle, and where it is. */
interface Part {
  readonly document: unknown
  /** `roots[0].`, or empty. */
  readonly path: string
}

const wrong = ({ path }: Part, name: string, what: string) => refuseBundle(`"${path}${name}" is not ${what}`)

const text = (part: Part, name: string): string => {
  const value = jsonMember(part.document, name)
  if (typeof value === 'string') return value
  throw wrong(part, name, 'a text')
}

const positiveInteger = (part: Part, name: string): number => {
  const value = jsonMember(part.document, name)
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
  throw wrong(part, name, 'a positive integer')
}

const time = (part: Part, name: string): Date => {
  const value = text(part, name)
  const date = new Date(value)
  // What has another form, or names a day that does not exist, comes out otherwise.
  if (!Number.isNaN(date.getTime()) && rfc3339(date) === value) return date
  throw wrong(part, name, 'a time')
}

const oneOf = <Text extends string>(part: Part, name: string, texts: readonly Text[]): Text => {
  const value = jsonMember(part.document, name)
  const found = texts.find((candidate) => candidate === value)
  if (found !== undefined) return found
  throw wrong(part, name, texts.join(', ').replace(/, (?=\w+$)/, ' or '))
}

const matching = (part: Part, name: string, form: RegExp): string => {
  const value = text(part, name)
  if (form.test(value)) return value
  throw wrong(part, name, 'an id of its kind')
}

const rootForm = /^root~\d{4}$/
const issuerForm = /^issuer~\d{4}$/
const crossForm = /^cross~\d{4}-\d{4}$/

const certificateIn = (part: Part): Uint8Array => {
  const pem = text(part, 'certificate')
  const [der] = readingBundle(`"${part.path}certificate"`, () => parsePemCertificates(pem))
  if (der && encodePem('CERTIFICATE', der) === pem) return der
  throw wrong(part, 'certificate', 'one PEM certificate')
}

/** Reads what every entry has, and holds what it says beside its certificate to the certificate. */
const readCertificate = (part: Part, form: RegExp): BundledCertificate => {
  const id = matching(part, 'id', form)
  const der = certificateIn(part)
  const { tbs } = readingBundle(`the certificate of ${id}`, () => parseCertificate(der))
  const sha256 = certificateDigest(der)
  if (text(part, 'sha256') !== sha256) throw wrong(part, 'sha256', 'the digest of its certificate')
  for (const name of ['notBefore', 'notAfter'] as const) {
    if (time(part, name).getTime() !== tbs[name].getTime())
      throw wrong(part, name, 'what its certificate says')
  }
  return { id, der, sha256, notBefore: tbs.notBefore, notAfter: tbs.notAfter }
}

const readRoot = (part: Part): BundledCertificate => ({
  ...readCertificate(part, rootForm),
  state: oneOf(part, 'state', states),
})

const readIssuer = (part: Part): BundledCertificate => ({
  ...readCertificate(part, issuerForm),
  state: oneOf(part, 'state', states),
  signedBy: matching(part, 'signedBy', rootForm),
})

const readCross = (part: Part): BundledCertificate => ({
  ...readCertificate(part, crossForm),
  subject: matching(part, 'subject', rootForm),
  signedBy: matching(part, 'signedBy', rootForm),
})

const list = (
  part: Part,
  name: string,
  read: (entry: Part) => BundledCertificate,
): readonly BundledCertificate[] => {
  const entries = jsonMember(part.document, name)
  if (!Array.isArray(entries)) throw wrong(part, name, 'a list')
  return entries.map((document: unknown, index) => read({ document, path: `${name}[${index}].` }))
}

/**
 * Parses what a bundle says, every member of its type; members that are not known are left for later versions. Each
 * certificate is strict DER, and is what the members beside it say.
 * @throws {Refusal} `trust-bundle-refused`
 */
export const parseBundleContent = (json: string): BundleContent => {
  const document = parseJson(Buffer.from(json), (why) => refuseBundle(`its content ${why}`))
  const part = { document, path: '' }
  return {
    tenant: text(part, 'tenant'),
    sequence: positiveInteger(part, 'sequence'),
    issuedAt: time(part, 'issuedAt'),
    refreshSeconds: positiveInteger(part, 'refreshSeconds'),
    nextActivation:
      jsonMember(document, 'nextActivation') === null ? undefined : time(part, 'nextActivation'),
    roots: list(part, 'roots', readRoot),
    issuers: list(part, 'issuers', readIssuer),
    crossCertificates: list(part, 'crossCertificates', readCross),
  }
}

/** The refusal of a trust bundle, which names the check that it failed. */
export const refuseBundle = (why: string, cause?: unknown): Refusal =>
  new Refusal('trust-bundle-refused', `Cannot trust the bundle: ${why}.`, { cause })

/** Reads a part of a bundle whose parser has refusals or errors of its own. @throws {Refusal} `trust-bundle-refused` */
export const readingBundle = <T>(what: string, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    throw refuseBundle(`${what} cannot be read`, error)
  }
}
