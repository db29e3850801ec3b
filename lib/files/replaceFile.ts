import { open, rm } from 'node:fs/promises'
import { draftOf } from './draftOf.ts'
import { renameOver } from './renameOver.ts'

/**
 * Writes a whole file durably, with this mode whatever the umask, or leaves the old one as it was.
 * @throws {Refusal} `file-in-use`
 */
export const replaceFile = async (
  file: string,
  contents: string | Uint8Array | AsyncIterable<string>,
  mode: number,
): Promise<void> => {
  const draft = draftOf(file)
  try {
    const handle = await open(draft, 'wx', mode)
    try {
      // A umask may have taken from it what other users, such as VPN servers, need.
      if ((mode & ~(await handle.stat()).mode) !== 0) await handle.chmod(mode)
      await handle.writeFile(contents)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await renameOver(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}
