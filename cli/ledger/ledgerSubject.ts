import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { type Certificate, parseCertificate } from '../../lib/x509/certificate.ts'
import { readInputCertificates } from '../../lib/files/readInput.ts'
import { serialNumberOf } from './searchOptions.ts'

/** What is to be explained: a certificate at hand, or the serial number of one. */
export type LedgerSubject =
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | { readonly kind: 'serialNumber'; readonly serialNumber: string }

/** A folder is that of a client, which keeps its certificate there under this name. */
const fileIn = async (path: string): Promise<string> =>
  (await stat(path)).isDirectory() ? join(path, 'certificate.pem') : path

/** @throws {Refusal} `usage-wrong` */
const pathOf = async (argument: string): Promise<string> => {
  try {
    return await fileIn(argument)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Refusal('usage-wrong', `Cannot read ${argument}, which is no serial number either: ${code}.`)
  }
}

/**
 * Reads what the argument of `ledger show` names: a serial number in hexadecimal, with colons or without; or else a file
 * with a certificate, PEM or DER; or a client's folder.
 * @throws {Refusal} `usage-wrong` or `certificate-malformed`
 */
export const readSubject = async (argument: string): Promise<LedgerSubject> => {
  const serialNumber = serialNumberOf(argument)
  if (serialNumber !== undefined) return { kind: 'serialNumber', serialNumber }
  // The first certificate is the leaf where a chain follows.
  const [der = new Uint8Array()] = readInputCertificates(await pathOf(argument))
  return { kind: 'certificate', certificate: parseCertificate(der) }
}
