import { Refusal } from '../lib/errors/refusal.ts'
import { decodeText } from '../lib/text/decodeText.ts'
import { readSecretFile } from '../lib/x509/readSecretFile.ts'

/**
 * Reads the secret of a relying party from a file that its owner alone can read.
 * @throws {Refusal} `secret-file-refused`, or `usage-wrong` where there is none
 */
export const readSecret = async (file: string): Promise<string> => {
  const refuse = (why: string, cause?: unknown) =>
    new Refusal('secret-file-refused', `Cannot use the secret file ${file}: ${why}.`, { cause })
  const octets = await readSecretFile(file, refuse)
  if (!octets) throw new Refusal('usage-wrong', `Cannot read ${file}: ENOENT.`)
  return decodeText(octets, (why) => refuse(`it ${why}`)).trim()
}
