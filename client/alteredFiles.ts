import { basename, join } from 'node:path'
import { bundleFolder } from '../lib/bundle/bundleFolder.ts'
import type { TrustBundle } from '../lib/bundle/trustBundle.ts'
import { draftedName } from '../lib/files/draftOf.ts'
import { isIntact } from './restoreFiles.ts'
import { namesIn, type TrustFiles } from './trustFiles.ts'

/** What servers read beside what a bundle says: files by their names in the folder. */
export interface Altered {
  /** Are not there, are not what the bundle says, are links, or others can write to them. */
  readonly altered: readonly string[]
  /** Are in its folders of certificates besides, where a server that reads a whole folder trusts them. */
  readonly stray: readonly string[]
}

/** Compares the files that servers read with a verified bundle. */
export const alteredFiles = async (files: TrustFiles, served: TrustBundle): Promise<Altered> => {
  const expected = bundleFolder(served)
  const intact = await Promise.all(
    [...expected].map(async ([name, octets]) => ({
      name,
      isIntact: await isIntact(join(files.folder, name), octets),
    })),
  )
  const folders = [files.certificates, files.issuers, files.roots].map(async (folder) =>
    (await namesIn(folder)).map((name) => `${basename(folder)}/${name}`),
  )
  const names = (await Promise.all(folders)).flat()
  return {
    altered: intact.filter((one) => !one.isIntact).map(({ name }) => name),
    stray: names.filter((name) => !expected.has(name) && draftedName(basename(name)) === undefined),
  }
}
