import { lstat, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleFolder } from '../lib/bundle/bundleFolder.ts'
import { listFiles } from '../lib/bundle/serverFiles.ts'
import type { TrustBundle } from '../lib/bundle/trustBundle.ts'
import { draftedName } from '../lib/files/draftOf.ts'
import { makeFolder } from '../lib/files/makeFolder.ts'
import { replaceFile } from '../lib/files/replaceFile.ts'
import { digestLines, type TrustFiles } from './trustFiles.ts'

/** VPN servers run as other users, and nothing of it is secret. */
const fileMode = 0o644
const folderMode = 0o755

type Folders = Pick<TrustFiles, 'folder' | 'certificates' | 'issuers' | 'roots'>

/** Files of certificates are ours to remove, drafts of a crash included; whatever else is there belongs to somebody. */
const certificateName = /^(root|issuer|cross)~[\d-]{4,9}\.pem$/
const hashedName = /^[\da-f]{8}\.\d+$/

/** What earlier versions kept a bundle in while they installed it. */
const incoming = 'incoming.jws'

/** The files of a folder that are replaced as a whole: a crash leaves drafts of them. */
const replaced = new Set([
  ...['jws', 'json', 'pem', 'p7b'].flatMap((kind) => [`trust.${kind}`, `loaded.${kind}`]),
  ...listFiles,
  'anchors',
  'former-anchors',
  'put-back',
  'sync.json',
  incoming,
])

const isLeftover = (name: string): boolean => name === incoming || replaced.has(draftedName(name) ?? '')

/** The digests of a bundle's roots, which may sign the next bundle. */
export const rootDigests = ({ roots }: TrustBundle): readonly string[] => roots.map(({ sha256 }) => sha256)

/** Whether a file is what it should be, and stays so: a link, or what others can write to, may be another soon. */
export const isIntact = async (file: string, octets: Uint8Array): Promise<boolean> => {
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

const removeNamed = async (folder: string, isOurs: (name: string) => boolean): Promise<void> => {
  for (const name of await readdir(folder)) if (isOurs(name)) await rm(join(folder, name), { force: true })
}

const removeOthers = async (folders: Folders, current: ReadonlyMap<string, Uint8Array>): Promise<void> => {
  const { folder, certificates, issuers, roots } = folders
  const isGone = (parent: string, form: RegExp) => (name: string) =>
    form.test(draftedName(name) ?? name) && !current.has(`${parent}/${name}`)
  await removeNamed(certificates, isGone('certificates', certificateName))
  await removeNamed(issuers, isGone('issuers', hashedName))
  await removeNamed(roots, isGone('roots', hashedName))
  await removeNamed(folder, isLeftover)
}

/** Makes the files that servers read those of a verified bundle. What has another name than theirs is let alone. */
const writeServed = async (files: Folders, bundle: TrustBundle): Promise<void> => {
  for (const path of [files.certificates, files.issuers, files.roots]) await makeFolder(path, folderMode)
  const current = bundleFolder(bundle)
  for (const [name, octets] of current) await restoreFile(join(files.folder, name), octets)
  await removeOthers(files, current)
}

/** Makes the files of a folder those of a verified bundle: `trust.jws`, and what follows from it. */
export const writeBundle = async (
  files: Folders & Pick<TrustFiles, 'jws'>,
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
