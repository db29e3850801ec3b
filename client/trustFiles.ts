import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../lib/errors/refusal.ts'

/** The files of a folder for trust bundles. What is not named here follows from `trust.jws`, or from `loaded.jws`. */
export interface TrustFiles {
  readonly folder: string
  readonly jws: string
  /** Roots and issuers. */
  readonly pem: string
  /** A folder with a PEM file for each certificate, such as `root~0001.pem`. */
  readonly certificates: string
  /** Issuers, and roots, each in a file that OpenSSL finds by a hash of the name. */
  readonly issuers: string
  readonly roots: string
  /** The digests of the root certificates that may have signed `trust.jws`, one a line. */
  readonly anchors: string
  /** The digests of the roots that an installed bundle held and a later one does not: none ever comes back. */
  readonly formerAnchors: string
  /** The bundle that servers loaded last, as `trust.jws` was then; only where a hook tells. */
  readonly loaded: string
  /**
   * The digest of the JSON of the bundle that servers did not load: while `trust.jws` is that one, the files that they read
   * follow from `loaded.jws`.
   */
  readonly putBack: string
  /** What whoever keeps the bundle remembers, for people and programs: nothing is verified with it. */
  readonly state: string
  /** A folder for the lock of what changes the files. */
  readonly lock: string
  /** A folder for the lock of whoever fetches, runs the hook and reports: one at a time. */
  readonly turn: string
}

/** Names the files of a folder. */
export const trustFiles = (folder: string): TrustFiles => ({
  folder,
  jws: join(folder, 'trust.jws'),
  pem: join(folder, 'trust.pem'),
  certificates: join(folder, 'certificates'),
  issuers: join(folder, 'issuers'),
  roots: join(folder, 'roots'),
  anchors: join(folder, 'anchors'),
  formerAnchors: join(folder, 'former-anchors'),
  loaded: join(folder, 'loaded.jws'),
  putBack: join(folder, 'put-back'),
  state: join(folder, 'sync.json'),
  lock: join(folder, 'lock'),
  turn: join(folder, 'turn'),
})

/** The refusal of a folder that cannot be relied on. */
export const refuseFolder = ({ folder }: TrustFiles, why: string): Refusal =>
  new Refusal(
    'trust-bundle-refused',
    `Cannot use the folder ${folder}: ${why}. To start anew, move it away and pin a root with --anchor.`,
  )

/** Reads a file; undefined when it does not exist. */
export const unlessMissing = async <T>(reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** A text of ASCII; undefined when it does not exist. White space around it, such as CR LF, is no part of it. */
export const readText = async (file: string): Promise<string | undefined> =>
  (await unlessMissing(readFile(file, 'latin1')))?.trim()

/** Digests, one a line. @throws {Refusal} `trust-bundle-refused` */
export const readDigests = async (files: TrustFiles, file: string): Promise<readonly string[]> => {
  const text = await readText(file)
  if (text === undefined) return []
  const digests = text.toLowerCase().split(/\s+/)
  if (digests.every((digest) => /^[\da-f]{64}$/.test(digest))) return digests
  throw refuseFolder(files, `${file} is not a list of SHA-256 digests`)
}

/** Digests as their file has them. */
export const digestLines = (digests: readonly string[]): string =>
  digests.map((digest) => `${digest}\n`).join('')

/** Lists a folder; one that does not exist is empty. */
export const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await unlessMissing(readdir(folder))) ?? []

const isOurs = ({ mode, uid }: { readonly mode: number; readonly uid: number }): boolean =>
  (mode & 0o022) === 0 && uid === process.getuid?.()

/**
 * Checks that nobody else can put anything of theirs into the folders, or change what everything else is verified with:
 * what others can write to proves nothing.
 * @throws {Refusal} `trust-bundle-refused`
 */
export const checkOwner = async (files: TrustFiles): Promise<void> => {
  if (process.platform === 'win32') return
  const { pem: _, ...vouching } = files
  for (const path of Object.values(vouching)) {
    const status = await unlessMissing(stat(path))
    if (status && !isOurs(status)) throw refuseFolder(files, `others can write to ${path}`)
  }
}
