import { readFile } from 'node:fs/promises'
import { Refusal } from '../lib/errors/refusal.ts'
import type { Configuration } from '../lib/tenant/configuration.ts'
import type { DenyKind, DenySubject } from '../lib/tenant/denyEntry.ts'
import { parseUpn } from '../lib/token/upn.ts'
import { parseCertificate } from '../lib/x509/certificate.ts'
import { decodeCsr, verifyCsr } from '../lib/x509/csr.ts'
import { DerError } from '../lib/x509/derReader.ts'
import { parseCsrPem, parsePemCertificates } from '../lib/x509/pem.ts'
import { keyHash, parsePublicKey } from '../lib/x509/publicKey.ts'

const uuidForm = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
const keyHashForm = /^[\da-f]{64}$/

/** A name or number as a list has it: any program's way of writing a digest is taken. */
const plain = (argument: string): string => argument.replaceAll(':', '').toLowerCase()

/** The hash of a key that Mayfly accepts: there is one way to encode it. @throws {Refusal} `csr-key-refused` */
const hashKey = (spki: Uint8Array): string => {
  try {
    return keyHash(parsePublicKey(spki).spki)
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    throw new Refusal('csr-key-refused', `Cannot accept the key: ${error.message}.`)
  }
}

const hashOfCertificate = (text: string): string => {
  const [der = new Uint8Array()] = parsePemCertificates(text)
  return hashKey(parseCertificate(der).tbs.subjectPublicKeyInfo)
}

const hashOfCsr = (text: string): string => verifyCsr(decodeCsr('pem', Buffer.from(text, 'latin1'))).keyHash

/** How the key is found in a PEM object of each label. */
const readers: ReadonlyMap<string, (text: string) => string> = new Map([
  ['CERTIFICATE', hashOfCertificate],
  ['CERTIFICATE REQUEST', hashOfCsr],
  ['NEW CERTIFICATE REQUEST', hashOfCsr],
  ['PUBLIC KEY', (text) => hashKey(parseCsrPem(text, ['PUBLIC KEY']))],
])

/** Finds the key of the one PEM object in a file. A private key belongs to its device alone, and is not taken. */
const hashFile = (file: string, text: string): string => {
  const [label = '', ...more] = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)].map(
    ([, of = '']) => of,
  )
  const read = readers.get(label)
  if (read && more.length === 0) return read(text)
  throw new Refusal(
    'usage-wrong',
    `Cannot read ${file}: it must hold one PEM certificate, certification request or public key, and nothing else.`,
  )
}

/** @returns the code of the error where the file cannot be read. */
const readText = async (file: string): Promise<{ readonly text: string } | { readonly code: string }> => {
  try {
    return { text: await readFile(file, 'latin1') }
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'unknown' }
  }
}

const parseUser = (argument: string, { upn }: Configuration): string => parseUpn(argument, upn)

/** @throws {Refusal} `deny-refused` where no token could name the device: the denial would stop nobody */
const parseDevice = (argument: string, { tenant, tokenIssuers }: Configuration): string => {
  const device = argument.toLowerCase()
  if (!uuidForm.test(device)) throw new Refusal('usage-wrong', 'Cannot stop the device: its id is no UUID.')
  if (tokenIssuers.some(({ deviceIdClaim }) => deviceIdClaim !== undefined)) return device
  throw new Refusal(
    'deny-refused',
    `Cannot stop the device: no token issuer of ${tenant} has a deviceIdClaim, so no token names a device. Stop the user or the key, or configure the claim.`,
  )
}

const parseKey = async (argument: string): Promise<string> => {
  if (keyHashForm.test(plain(argument))) return plain(argument)
  const read = await readText(argument)
  if ('text' in read) return hashFile(argument, read.text)
  throw new Refusal('usage-wrong', `Cannot read ${argument}: ${read.code}. A digest has 64 hex digits.`)
}

/**
 * Parses what a command is to stop.
 * @throws {Refusal} `usage-wrong`, `upn-refused`, `deny-refused`, and for a file `csr-key-refused`, `csr-malformed`,
 *   `csr-signature-invalid` or `certificate-malformed`
 */
export const parseDenySubject = async (
  kind: DenyKind,
  argument: string,
  configuration: Configuration,
): Promise<DenySubject> => {
  switch (kind) {
    case 'user':
      return { kind, value: parseUser(argument, configuration) }
    case 'device':
      return { kind, value: parseDevice(argument, configuration) }
    case 'key':
      return { kind, value: await parseKey(argument) }
  }
}

const guessKind = (value: string): DenyKind | undefined => {
  if (keyHashForm.test(value)) return 'key'
  if (uuidForm.test(value)) return 'device'
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
  const read = await readText(argument)
  if ('text' in read) return { kind: 'key', value: hashFile(argument, read.text) }
  const kind = guessKind(value)
  if (kind) return { kind, value }
  throw new Refusal(
    'usage-wrong',
    `Cannot lift ${argument}: it is no UPN, no UUID, no digest of 64 hex digits and no file (${read.code}).`,
  )
}
