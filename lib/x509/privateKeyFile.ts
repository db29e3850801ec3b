import { createPrivateKey, type KeyObject } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Refusal } from '../errors/refusal.ts'
import { decodeText } from '../text/decodeText.ts'

const maxFileOctets = 16 * 1024
const posix = process.platform !== 'win32'

/** The refusal of a key file, by its name; never with what it holds. */
export const refuseKeyFile = (file: string, why: string, cause?: unknown): Refusal =>
  new Refusal('key-file-refused', `Cannot use the key file ${file}: ${why}.`, { cause })

/** Refuses what somebody else could have read or replaced; Windows has no such modes, its profile folder has ACLs. */
const checkOwnership = async (handle: FileHandle, file: string): Promise<void> => {
  const status = await handle.stat()
  if (!status.isFile()) throw refuseKeyFile(file, 'it is not a regular file')
  if (status.size > maxFileOctets) throw refuseKeyFile(file, `it has ${status.size} octets`)
  if (!posix) return
  const mode = status.mode & 0o777
  if ((mode & 0o077) !== 0) throw refuseKeyFile(file, `its mode is 0${mode.toString(8)}, not 0600`)
  if (status.uid !== process.getuid?.()) throw refuseKeyFile(file, 'it belongs to another user')
}

/** Follows no symbolic link, and does not wait for the other end of a pipe; Windows has neither flag. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

const openIfThere = async (file: string): Promise<FileHandle | undefined> => {
  try {
    return await open(file, openFlags)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw refuseKeyFile(file, `it cannot be opened (${code})`, error)
  }
}

/**
 * Reads an unencrypted PKCS#8 PEM file (RFC 5958) that its owner alone can read.
 * @returns undefined when it does not exist.
 * @throws {Refusal} `key-file-refused`: on POSIX also for a symbolic link, a mode beyond 0600 or another owner.
 */
export const readPrivateKeyFile = async (file: string): Promise<KeyObject | undefined> => {
  const handle = await openIfThere(file)
  try {
    if (!handle) return undefined
    await checkOwnership(handle, file)
    const text = decodeText(await handle.readFile(), (why) => refuseKeyFile(file, `it ${why}`))
    return createPrivateKey(text)
  } catch (error) {
    // The parser's own message could quote the file.
    throw error instanceof Refusal ? error : refuseKeyFile(file, 'it is not a PKCS#8 PEM file')
  } finally {
    await handle?.close()
  }
}
