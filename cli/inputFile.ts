import { readFileSync } from 'node:fs'
import { Refusal } from '../lib/errors/refusal.ts'
import { decodeText } from '../lib/text/decodeText.ts'
import { decodeCertificates } from '../lib/x509/decodeCertificates.ts'
import { encodePem } from '../lib/x509/pem.ts'

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

/**
 * Reads a file of text: UTF-8, with a byte order mark or without.
 * @throws {Refusal} `usage-wrong`
 */
export const readInputText = (file: string): string =>
  decodeText(readInput(file), (why) => refuse(file, `it ${why}`))

/**
 * Reads the certificates of a file, PEM or DER.
 * @returns DER Certificates, not yet parsed; at least one.
 * @throws {Refusal} `usage-wrong`, or `certificate-malformed` with the name of the file
 */
export const readInputCertificates = (file: string): readonly Uint8Array[] => {
  const octets = readInput(file)
  try {
    return decodeCertificates(octets)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal(error.code, `Cannot read ${file}: ${error.detail}`)
  }
}

/**
 * Reads the authorities that are to be trusted for https. They are written anew because OpenSSL passes over a certificate
 * after a byte order mark, and takes no DER.
 * @returns PEM.
 * @throws {Refusal} `usage-wrong` or `certificate-malformed`
 */
export const readAuthorities = (file: string): string =>
  readInputCertificates(file)
    .map((der) => encodePem('CERTIFICATE', der))
    .join('')
