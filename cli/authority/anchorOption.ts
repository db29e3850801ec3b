import { Refusal } from '../../lib/errors/refusal.ts'
import { readInputCertificates } from '../../lib/files/readInput.ts'
import { parseSha256 } from '../../lib/text/parseUuid.ts'
import type { Option } from '../commandLine/option.ts'

/**
 * Describes `--anchor`, or an option like it: it may be repeated or hold several roots with commas between them, digests as
 * any program prints them, upper or lower case, with colons or without. Its value is SHA-256 in lower-case hex; none
 * without the option.
 */
export const anchorOption = (
  help = 'a root to trust, where this machine knows none',
): Option<readonly string[]> => ({
  value: 'SHA256',
  help,
  isRepeatable: true,
  read: (texts = [], { option }) =>
    texts
      .flatMap((text) => text.split(','))
      .map((part) => {
        const digest = parseSha256(part)
        if (digest !== undefined) return digest
        const why = 'it takes the SHA-256 of a root, 64 hex digits'
        throw new Refusal('usage-wrong', `Cannot read --${option}: ${why}.`)
      }),
})

/**
 * Reads the one certificate, PEM or DER, of the file that `--certificate-in` names.
 * @returns DER Certificate; undefined without a file.
 * @throws {Refusal} `usage-wrong` or `certificate-malformed`
 */
export const readCertificate = (file: string | undefined): Uint8Array | undefined => {
  if (file === undefined) return undefined
  const [certificate, ...others] = readInputCertificates(file)
  if (certificate && others.length === 0) return certificate
  throw new Refusal('certificate-malformed', `Cannot read ${file}: it must hold one certificate alone.`)
}
