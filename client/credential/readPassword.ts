import { Refusal } from '../../lib/errors/refusal.ts'
import { decodeText } from '../../lib/text/decodeText.ts'
import { readSecretFile } from '../../lib/x509/readSecretFile.ts'

/** The refusal of a secret file; never with what it holds. */
const refusal = (file: string) => (why: string, cause?: unknown) =>
  new Refusal('secret-file-refused', `Cannot use the secret file ${file}: ${why}.`, { cause })

const readText = async (file: string): Promise<string> => {
  const refuse = refusal(file)
  const octets = await readSecretFile(file, refuse)
  if (!octets) throw new Refusal('usage-wrong', `Cannot read ${file}: ENOENT.`)
  return decodeText(octets, (why) => refuse(`it ${why}`))
}

/**
 * Reads a password from the one line of a file that its owner alone can read. Spaces belong to it.
 *
 * An empty one is refused, for readers of PKCS#12 do not agree on what it is; so is one that Unicode writes in two ways
 * (not in its form NFC), which some readers rewrite before they use it, and others do not.
 * @throws {Refusal} `secret-file-refused`, or `usage-wrong` where there is no such file
 */
export const readPassword = async (file: string): Promise<string> => {
  const refuse = refusal(file)
  const password = (await readText(file)).replace(/\r?\n$/, '')
  if (password === '') throw refuse('it is empty')
  if (/\p{Cc}/u.test(password)) throw refuse('it has more than one line, or control characters')
  if (password.normalize('NFC') !== password) throw refuse('its characters are not in the Unicode form NFC')
  return password
}

/**
 * Reads a PIN from a file as readPassword() does. A line end is refused: the engine of OpenSSL, which reads the same file, takes it
 * for a part of the PIN, and a few wrong PINs lock a token.
 * @throws {Refusal} `secret-file-refused`, or `usage-wrong` where there is no such file
 */
export const readPin = async (file: string): Promise<string> => {
  if (/[\r\n]$/.test(await readText(file)))
    throw refusal(file)(
      'it ends with a line end, which some programs take for a part of the PIN: printf %s PIN > FILE',
    )
  return readPassword(file)
}
