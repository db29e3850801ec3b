import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../lib/errors/refusal.ts'

/** The files of a folder for trust bundles. */
export interface TrustFiles {
  readonly folder: string
  readonly jws: string
  readonly json: string
  /** Every certificate, roots first. */
  readonly pem: string
  /** A folder with a PEM file for each certificate, such as `root~0001.pem`. */
  readonly certificates: string
  /** The digests of the root certificates that may sign the next bundle, one a line. */
  readonly anchors: string
  /** The bundle that is being installed: there from before the first change of a file until after the last. */
  readonly incoming: string
}

/** Names the files of a folder. */
export const trustFiles = (folder: string): TrustFiles => ({
  folder,
  jws: join(folder, 'trust.jws'),
  json: join(folder, 'trust.json'),
  pem: join(folder, 'trust.pem'),
  certificates: join(folder, 'certificates'),
  anchors: join(folder, 'anchors'),
  incoming: join(folder, 'incoming.jws'),
})

/** The refusal of a folder that cannot be relied on. */
export const refuseFolder = ({ folder }: TrustFiles, why: string): Refusal =>
  new Refusal('trust-bundle-refused', `Cannot use the folder ${folder}: ${why}.`)

const unlessMissing = async <T>(reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The octets of a file, one a character; undefined when it does not exist. */
export const readOctets = (file: string): Promise<string | undefined> =>
  unlessMissing(readFile(file, 'latin1'))

/** What is in the folder of certificates. */
export const certificateNames = async ({ certificates }: TrustFiles): Promise<readonly string[]> =>
  (await unlessMissing(readdir(certificates))) ?? []

/**
 * Checks that nobody else can put files of theirs into the folders: what others can write to proves nothing.
 * @throws {Refusal} `trust-bundle-refused`
 */
export const checkOwner = async (files: TrustFiles): Promise<void> => {
  if (process.platform === 'win32') return
  for (const folder of [files.folder, files.certificates]) {
    const status = await unlessMissing(stat(folder))
    if (!status || ((status.mode & 0o022) === 0 && status.uid === process.getuid?.())) continue
    throw refuseFolder(files, `others can write to ${folder}`)
  }
}
