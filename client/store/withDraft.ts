import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Does something with a folder within that of a credential, its owner's alone, which goes when it is done. */
export const withDraft = async <T>(folder: string, act: (draft: string) => Promise<T>): Promise<T> => {
  // Named so that what a crash leaves goes with the next switch of generations.
  const draft = join(folder, `store.${randomUUID()}.tmp`)
  await mkdir(draft, { mode: 0o700 })
  try {
    return await act(draft)
  } finally {
    await rm(draft, { recursive: true, force: true, maxRetries: 5 })
  }
}
