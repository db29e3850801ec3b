import { createPrivateKey, type KeyObject } from 'node:crypto'
import { Refusal } from '../errors/refusal.ts'
import { decodeText } from '../text/decodeText.ts'
import { readSecretFile } from './readSecretFile.ts'

/** The refusal of a key file, by its name; never with what it holds. */
export const refuseKeyFile = (file: string, why: string, cause?: unknown): Refusal =>
  new Refusal('key-file-refused', `Cannot use the key file ${file}: ${why}.`, { cause })

/**
 * Reads an unencrypted PKCS#8 PEM file (RFC 5958) that its owner alone can read.
 * @returns undefined when it does not exist.
 * @throws {Refusal} `key-file-refused`: on POSIX also for a symbolic link, a mode beyond 0600 or another owner.
 */
export const readPrivateKeyFile = async (file: string): Promise<KeyObject | undefined> => {
  const octets = await readSecretFile(file, (why, cause) => refuseKeyFile(file, why, cause))
  try {
    return octets && createPrivateKey(decodeText(octets, (why) => refuseKeyFile(file, `it ${why}`)))
  } catch (error) {
    // The parser's own message could quote the file.
    throw error instanceof Refusal ? error : refuseKeyFile(file, 'it is not a PKCS#8 PEM file')
  }
}
