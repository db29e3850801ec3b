import { lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleFolder } from '../lib/bundle/bundleFolder.ts'
import type { TrustBundle } from '../lib/bundle/trustBundle.ts'
import { replaceFile } from '../lib/files/replaceFile.ts'
import { digestLines, type TrustFiles } from './trustFiles.ts'

/** VPN servers run as other users, and nothing of it is secret. */
const fileMode = 0o644
const folderMode = 0o755

/** Files of certificates are ours to remove, drafts of a crash included; whatever else is there belongs to somebody. */
const certificateName = /^(root|issuer|cross)~[\d-]{4,9}\.pem(\.[\da-f-]{36}\.tmp)?$/

/** Drafts of a crash, and what earlier versions kept a bundle in while they installed it. */
const leftover =
  /^(incoming\.jws|((trust|loaded)\.(jws|json|pem|p7b)|(former-)?anchors|put-back|sync\.json|incoming\.jws)\.[\da-f-]{36}\.tmp)$/

/** The digests of a bundle's roots, which may sign the next bundle. */
export const rootDigests = ({ roots }: TrustBundle): readonly string[] => roots.map(({ sha256 }) => sha256)

/** Whether a file is what it should be, and stays so: a link, or what others can write to, may be another soon. */
const isIntact = async (file: string, octets: Uint8Array): Promise<boolean> => {
  try {
    const status = await lstat(file)
    const isSafe = status.isFile() && (process.platform === 'win32' || (status.mode & 0o022) === 0)
    return isSafe && Buffer.compare(await readFile(file), octets) === 0
  } catch {
    return false
  }
}

/** Writes a file unless it is what it should be. */
export const restoreFile = async (file: string, octets: Uint8Array): Promise<void> => {
  if (!(await isIntact(file, octets))) await replaceFile(file, octets, fileMode)
}

const removeOthers = async (
  { folder, certificates }: Pick<TrustFiles, 'folder' | 'certificates'>,
  current: ReadonlyMap<string, Uint8Array>,
): Promise<void> => {
  for (const name of await readdir(certificates))
    if (certificateName.test(name) && !current.has(`certificates/${name}`))
      await rm(join(certificates, name), { force: true })
  for (const name of await readdir(folder))
    if (leftover.test(name)) await rm(join(folder, name), { force: true })
}

/** Makes the files that servers read those of a verified bundle. What has another name than theirs is let alone. */
const writeServed = async (
  files: Pick<TrustFiles, 'folder' | 'certificates'>,
  bundle: TrustBundle,
): Promise<void> => {
  await mkdir(files.certificates, { recursive: true, mode: folderMode })
  const current = bundleFolder(bundle)
  for (const [name, octets] of current) await restoreFile(join(files.folder, name), octets)
  await removeOthers(files, current)
}

/** Makes the files of a folder those of a verified bundle: `trust.jws`, and what follows from it. */
export const writeBundle = async (
  files: Pick<TrustFiles, 'folder' | 'certificates' | 'jws'>,
  bundle: TrustBundle,
): Promise<void> => {
  await writeServed(files, bundle)
  await restoreFile(files.jws, Buffer.from(bundle.jws))
}

/** The bundle that is installed, and the one that the files which servers read are of: the same but after a hook failed. */
export interface Restored {
  readonly installed: TrustBundle
  readonly served: TrustBundle
}

/** Makes every file of a relying party what follows from its bundles, the anchors of the next one last. */
export const restoreFiles = async (files: TrustFiles, { installed, served }: Restored): Promise<void> => {
  await writeServed(files, served)
  await restoreFile(files.jws, Buffer.from(installed.jws))
  await restoreFile(files.anchors, Buffer.from(digestLines(rootDigests(installed))))
}
