import { readFile } from 'node:fs/promises'
import { Refusal } from '../lib/errors/refusal.ts'
import { parsePemCertificates } from '../lib/x509/pem.ts'
import type { OptionValues } from './command.ts'
import { optionalOption } from './requiredOption.ts'

/**
 * Reads the one PEM certificate of the file that `--certificate-in` names.
 * @returns DER Certificate; undefined without the option.
 * @throws {Refusal} `usage-wrong` or `certificate-malformed`
 */
export const readCertificateOption = async (values: OptionValues): Promise<Uint8Array | undefined> => {
  const file = optionalOption(values, 'certificate-in')
  if (file === undefined) return undefined
  const text = await readFile(file, 'latin1').catch((error: unknown) => {
    throw new Refusal('usage-wrong', `Cannot read ${file}: ${(error as NodeJS.ErrnoException).code}.`)
  })
  const [certificate, ...others] = parsePemCertificates(text)
  if (certificate && others.length === 0) return certificate
  throw new Refusal('certificate-malformed', `Cannot read ${file}: it must hold one PEM certificate.`)
}
