import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import type { KeyProvider } from '../credential/clientKey.ts'
import { readPending } from '../credential/credentialFolder.ts'
import { type Found, ok } from './finding.ts'

/** Tells of a key that an interrupted request left. @throws {Refusal} `key-file-refused` for one that is of no use */
export const pendingKeyFound = async (
  folder: string,
  keys: Pick<KeyProvider, 'open'>,
): Promise<readonly Found[]> => {
  const file = join(folder, 'pending-key.pem')
  if (!(await readPending(file, keys))) return []
  const { mtime } = await stat(file)
  return [ok(`a request was begun at ${rfc3339(mtime)}; the next one goes on with its key`)]
}
