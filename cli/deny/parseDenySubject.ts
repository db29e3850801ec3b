import { Refusal } from '../../lib/errors/refusal.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'
import type { DenyKind, DenySubject } from '../../lib/tenant/denyEntry.ts'
import { parseUuid, parseSha256 } from '../../lib/text/parseUuid.ts'
import { parseUpn } from '../../lib/token/parseUpn.ts'
import { parseCertificate } from '../../lib/x509/certificate.ts'
import { verifyCsr } from '../../lib/x509/verifyCsr.ts'
import { DerError } from '../../lib/x509/derReader.ts'
import { decodeObjects } from '../../lib/x509/decodeObjects.ts'
import { type ObjectKind, objectKindOf } from '../../lib/x509/objectKind.ts'
import { keyHash, parsePublicKey } from '../../lib/x509/publicKey.ts'
import { readInput } from '../../lib/files/readInput.ts'

const keyHashForm = /^[\da-f]{64}$/

/** A name or number as a list has it. */
const plain = (argument: string): string =>
  parseUuid(argument) ?? parseSha256(argument) ?? argument.replaceAll(':', '').toLowerCase()

/** The hash of a key that Mayfly accepts: there is one way to encode it. @throws {Refusal} `csr-key-refused` */
const hashKey = (spki: Uint8Array): string => {
  try {
    return keyHash(parsePublicKey(spki).spki)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Refusal('csr-key-refused', `Cannot accept the key: ${error.message}.`)
  }
}

/** How the key of an object of each kind is found. */
const readers: Readonly<Partial<Record<ObjectKind, (der: Uint8Array) => string>>> = {
  certificate: (der) => hashKey(parseCertificate(der).tbs.subjectPublicKeyInfo),
  request: (der) => verifyCsr(der).keyHash,
  publicKey: hashKey,
}

/** Lists the names that PEM has for them. */
const kinds: ReadonlyMap<string | undefined, ObjectKind> = new Map([
  ['CERTIFICATE', 'certificate'],
  ['CERTIFICATE REQUEST', 'request'],
  ['NEW CERTIFICATE REQUEST', 'request'],
  ['PUBLIC KEY', 'publicKey'],
])

/** Finds the key of the one object in a file. A private key belongs to its device alone, and is not taken. */
const hashFile = (file: string, octets: Uint8Array): string => {
  const refuse = (why: string) => new Refusal('usage-wrong', `Cannot read ${file}: ${why}.`)
  const [{ label, der }, ...more] = decodeObjects(octets, refuse)
  const read = readers[kinds.get(label) ?? objectKindOf(der) ?? 'privateKey']
  if (read && more.length === 0) return read(der)
  throw refuse('it must hold one certificate, certification request or public key, and nothing else')
}

/** @returns undefined where the file cannot be read. */
const readIfThere = (file: string): Uint8Array | undefined => {
  try {
    return readInput(file)
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

const parseUser = (argument: string, { upn }: Configuration): string => parseUpn(argument, upn)

/** @throws {Refusal} `deny-refused` where no token could name the device: the denial would stop nobody */
const parseDevice = (argument: string, { tenant, tokenIssuers }: Configuration): string => {
  const device = parseUuid(argument)
  if (device === undefined) throw new Refusal('usage-wrong', 'Cannot stop the device: its id is no UUID.')
  if (tokenIssuers.some(({ deviceIdClaim }) => deviceIdClaim !== undefined)) return device
  throw new Refusal(
    'deny-refused',
    `Cannot stop the device: no token issuer of ${tenant} has a deviceIdClaim, so no token names a device. Stop the user or the key, or configure the claim.`,
  )
}

const parseKey = (argument: string): string => {
  const digest = parseSha256(argument)
  if (digest !== undefined) return digest
  const octets = readIfThere(argument)
  if (octets) return hashFile(argument, octets)
  throw new Refusal(
    'usage-wrong',
    `Cannot read ${argument}: it is no file that can be read, and a digest has 64 hex digits.`,
  )
}

/**
 * Parses what a command is to stop.
 * @throws {Refusal} `usage-wrong`, `upn-refused`, `deny-refused`, and for a file `csr-key-refused`, `csr-malformed`,
 *   `csr-signature-invalid` or `certificate-malformed`
 */
export const parseDenySubject = (
  kind: DenyKind,
  argument: string,
  configuration: Configuration,
): DenySubject => {
  switch (kind) {
    case 'user':
      return { kind, value: parseUser(argument, configuration) }
    case 'device':
      return { kind, value: parseDevice(argument, configuration) }
    case 'key':
      return { kind, value: parseKey(argument) }
  }
}

const guessKind = (value: string): DenyKind | undefined => {
  if (keyHashForm.test(value)) return 'key'
  if (parseUuid(value) !== undefined) return 'device'
  return /^[^@\s]+@[^@\s]+$/.test(value) ? 'user' : undefined
}

/**
 * Finds what a command is to lift: what the list has, however it came there; else what the argument looks like.
 * @throws {Refusal} `usage-wrong`, and for a file those of parseDenySubject()
 */
export const findDenySubject = async (
  argument: string,
  entries: readonly DenySubject[],
): Promise<DenySubject> => {
  const value = plain(argument)
  const entry = entries.find((one) => one.value === value)
  if (entry) return { kind: entry.kind, value }
  const octets = readIfThere(argument)
  if (octets) return { kind: 'key', value: hashFile(argument, octets) }
  const kind = guessKind(value)
  if (kind) return { kind, value }
  throw new Refusal(
    'usage-wrong',
    `Cannot lift ${argument}: it is no UPN, no UUID, no digest of 64 hex digits and no file that can be read.`,
  )
}
