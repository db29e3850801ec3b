import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../lib/errors/refusal.ts'
import { type Certificate, parseCertificate } from '../lib/x509/certificate.ts'
import { parsePemCertificates } from '../lib/x509/pem.ts'
import { serialNumberOf } from './ledgerOptions.ts'

/** What is to be explained: a certificate at hand, or the serial number of one. */
export type LedgerSubject =
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | { readonly kind: 'serialNumber'; readonly serialNumber: string }

/** A folder is that of a client, which keeps its certificate there under this name. */
const fileIn = async (path: string): Promise<string> =>
  (await stat(path)).isDirectory() ? join(path, 'certificate.pem') : path

const readOctets = async (path: string): Promise<Buffer> => {
  try {
    return await readFile(await fileIn(path))
  } catch (error) {
    throw new Refusal(
      'usage-wrong',
      `Cannot read ${path}, which is no serial number either: ${(error as NodeJS.ErrnoException).code}.`,
    )
  }
}

/** The first certificate of a PEM text, which is the leaf where a chain follows; else the octets are DER. */
const derOf = (octets: Buffer): Uint8Array => parsePemCertificates(octets.toString('latin1'))[0] ?? octets

/**
 * Reads what the argument of `ledger show` names: a serial number in hexadecimal, with colons or without; or else a file
 * with a certificate, PEM or DER; or a client's folder.
 * @throws {Refusal} `usage-wrong` or `certificate-malformed`
 */
export const readSubject = async (argument: string): Promise<LedgerSubject> => {
  const serialNumber = serialNumberOf(argument)
  if (serialNumber !== undefined) return { kind: 'serialNumber', serialNumber }
  return { kind: 'certificate', certificate: parseCertificate(derOf(await readOctets(argument))) }
}
