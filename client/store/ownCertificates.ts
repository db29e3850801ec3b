import { join } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { jsonMember, parseJson } from '../../lib/json/parseJson.ts'
import { readSecretFile } from '../../lib/x509/readSecretFile.ts'

/** The stores that platforms have. */
export type PlatformName = 'windows' | 'keychain'

/** A certificate that a client put into the store of a platform: it removes no other one. */
export interface OwnCertificate {
  /** SHA-1 of the certificate, by which platforms call it: 40 upper-case hexadecimal digits. */
  readonly thumbprint: string
  /** SHA-256 of its SubjectPublicKeyInfo, lower-case hex: two certificates may share a key. */
  readonly key: string
  /** RFC 3339. */
  readonly notAfter: string
  /** What finds the key again, to remove it or for the next certificate: its name on Windows, its request on macOS. */
  readonly reuse?: string
}

/** A request that a client put into the store of a platform, or was about to. */
export interface OwnRequest {
  readonly subject: string
  /** The name of its key. */
  readonly reuse: string
  /** base64 of DER; left out while it is being made, and once it is answered or to go. */
  readonly csr?: string
}

/**
 * What a folder remembers of the store that its certificates are in. What is ours is on the lists before it is in the store,
 * and until it is known to be gone.
 */
export interface OwnCertificates {
  readonly platform: PlatformName
  /** The latest first. */
  readonly certificates: readonly OwnCertificate[]
  /** The first may wait for its certificate; the others are to go. */
  readonly requests: readonly OwnRequest[]
}

const fileIn = (folder: string): string => join(folder, 'certificates.json')

const refuse = (file: string) => (why: string, cause?: unknown) =>
  new Refusal('certificate-store-refused', `Cannot use the list of certificates ${file}: ${why}.`, { cause })

const text = (document: unknown, name: string, form: RegExp): string | undefined => {
  const value = jsonMember(document, name)
  return typeof value === 'string' && form.test(value) ? value : undefined
}

/** A name that Windows gives a key, or the base64 of a request. */
const reuseForm = /^[\w+/=-]{1,16384}$/

const optional = <Name extends string>(name: Name, value: string | undefined) =>
  (value === undefined ? {} : { [name]: value }) as Partial<Record<Name, string>>

const ownOf = (document: unknown): OwnCertificate | undefined => {
  const thumbprint = text(document, 'thumbprint', /^[\dA-F]{40}$/)
  const key = text(document, 'key', /^[\da-f]{64}$/)
  const notAfter = text(document, 'notAfter', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  if (thumbprint === undefined || key === undefined || notAfter === undefined) return undefined
  return { thumbprint, key, notAfter, ...optional('reuse', text(document, 'reuse', reuseForm)) }
}

const requestOf = (document: unknown): OwnRequest | undefined => {
  const subject = text(document, 'subject', /^CN=mayfly-[\da-f-]{36}$/)
  const reuse = text(document, 'reuse', reuseForm)
  if (subject === undefined || reuse === undefined) return undefined
  return { subject, reuse, ...optional('csr', text(document, 'csr', reuseForm)) }
}

/** Undefined for what is no list of them. */
const listOf = <T>(members: unknown, parse: (member: unknown) => T | undefined): readonly T[] | undefined => {
  const parsed = Array.isArray(members) ? members.map(parse) : [undefined]
  const known = parsed.filter((one) => one !== undefined)
  return known.length === parsed.length ? known : undefined
}

/**
 * Reads what a folder remembers; undefined where it keeps no certificates in a store.
 * @throws {Refusal} `certificate-store-refused` for a file that is none, or that others could have written: what is on
 *   the list is removed one day
 */
export const readOwnCertificates = async (folder: string): Promise<OwnCertificates | undefined> => {
  const file = fileIn(folder)
  const octets = await readSecretFile(file, refuse(file))
  if (!octets) return undefined
  const document = parseJson(octets, refuse(file))
  const platform = text(document, 'platform', /^(?:windows|keychain)$/) as PlatformName | undefined
  const certificates = listOf(jsonMember(document, 'certificates'), ownOf)
  const requests = listOf(jsonMember(document, 'requests') ?? [], requestOf)
  if (platform && certificates && requests) return { platform, certificates, requests }
  throw refuse(file)('it is none; remove it, and its certificates from the store by hand')
}

/** What a folder remembers of a store; nothing yet where it is that of another one. */
export const ownCertificatesOf = async (folder: string, platform: PlatformName): Promise<OwnCertificates> => {
  const known = await readOwnCertificates(folder)
  return known?.platform === platform ? known : { platform, certificates: [], requests: [] }
}

/** Remembers it, durably. */
export const writeOwnCertificates = (folder: string, own: OwnCertificates): Promise<void> =>
  replaceFile(fileIn(folder), `${JSON.stringify(own, undefined, 2)}\n`, 0o600)
