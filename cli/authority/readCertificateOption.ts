import { Refusal } from '../../lib/errors/refusal.ts'
import type { OptionValues } from '../commandLine/command.ts'
import { readInputCertificates } from '../../lib/files/readInput.ts'
import { optionalOption } from '../commandLine/requiredOption.ts'

/**
 * Reads the one certificate, PEM or DER, of the file that `--certificate-in` names.
 * @returns DER Certificate; undefined without the option.
 * @throws {Refusal} `usage-wrong` or `certificate-malformed`
 */
export const readCertificateOption = (values: OptionValues): Uint8Array | undefined => {
  const file = optionalOption(values, 'certificate-in')
  if (file === undefined) return undefined
  const [certificate, ...others] = readInputCertificates(file)
  if (certificate && others.length === 0) return certificate
  throw new Refusal('certificate-malformed', `Cannot read ${file}: it must hold one certificate alone.`)
}
