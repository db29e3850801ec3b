import { readFileSync } from 'node:fs'
import { Refusal } from '../errors/refusal.ts'
import { authoritiesPem, decodeCertificates } from '../x509/decodeCertificates.ts'

const refuse = (file: string, why: string) => new Refusal('usage-wrong', `Cannot read ${file}: ${why}.`)

/**
 * Reads a file that an option, an argument or a deployment names.
 * @throws {Refusal} `usage-wrong`
 */
export const readInput = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (error) {
    throw refuse(file, (error as NodeJS.ErrnoException).code ?? 'it is no file')
  }
}

/** Reads a file and decodes it. A refusal tells of which file it is. */
const decoding = <T>(file: string, decode: (octets: Uint8Array) => T): T => {
  const octets = readInput(file)
  try {
    return decode(octets)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal(error.code, `Cannot read ${file}: ${error.detail}`)
  }
}

/**
 * Reads the certificates of a file, PEM or DER.
 * @returns DER Certificates, not yet parsed; at least one.
 * @throws {Refusal} `usage-wrong`, or `certificate-malformed` with the name of the file
 */
export const readInputCertificates = (file: string): readonly Uint8Array[] =>
  decoding(file, decodeCertificates)

/**
 * Reads the authorities that are to be trusted for https, PEM or DER.
 * @returns PEM.
 * @throws {Refusal} `usage-wrong`, or `certificate-malformed` with the name of the file
 */
export const readAuthorities = (file: string): string => decoding(file, authoritiesPem)
