import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { openTrustBundle, type TrustBundle } from '../lib/bundle/trustBundle.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { withFolderLock } from '../lib/files/withFolderLock.ts'
import { restoreFile, restoreFiles, rootDigests } from './restoreFiles.ts'
import {
  certificateNames,
  checkOwner,
  digestLines,
  readDigests,
  readText,
  refuseFolder,
  type TrustFiles,
  trustFiles,
  unlessMissing,
} from './trustFiles.ts'

export interface Trusted {
  /** Undefined before the first. */
  readonly installed: TrustBundle | undefined
  /** Who may sign the next bundle: the roots of the installed one, or the pinned ones before the first. */
  readonly anchors: readonly string[]
  /** Who never may again: roots of bundles that were installed, which a later one dropped. */
  readonly formerAnchors: readonly string[]
}

/** A bundle that was verified, and the anchors that it was verified with. */
export interface Accepted {
  readonly bundle: TrustBundle
  readonly anchors: readonly string[]
}

/** Where a relying party keeps its trust bundle. Processes that use it at once take turns. */
export interface TrustFolder {
  readonly files: TrustFiles
  /**
   * Reads what is installed and verifies it anew; what follows from it and is not as it should be is written again.
   * @throws {Refusal} `trust-bundle-refused` when what is installed does not verify, or others can write to it;
   *   `folder-busy`
   */
  read(): Promise<Trusted>
  /**
   * Puts a bundle in place. A crash leaves the old bundle or the new one; read() completes either.
   * @param accept judges by what is there by then, which no other process changes meanwhile; undefined installs nothing.
   * @returns what was there before.
   * @throws {Refusal} as read() and `accept` do
   */
  install(accept: (trusted: Trusted) => Promise<Accepted | undefined>): Promise<Trusted>
}

/** Without a bundle nothing vouches for the files that servers read, nor are they ours to replace. */
const checkEmpty = async (files: TrustFiles): Promise<void> => {
  const found = await Promise.all(
    ['trust.json', 'trust.pem', 'trust.p7b'].map((name) => unlessMissing(stat(join(files.folder, name)))),
  )
  if (found.every((status) => status === undefined) && (await certificateNames(files)).length === 0) return
  throw refuseFolder(files, 'it has certificates, but not the trust.jws that vouches for them')
}

const open = async (
  files: TrustFiles,
  jws: string,
  expected: { readonly tenant: string; readonly anchors: readonly string[] },
): Promise<TrustBundle> => {
  try {
    return await openTrustBundle(jws, expected)
  } catch (error) {
    throw error instanceof Refusal ? refuseFolder(files, `trust.jws: ${error.detail.slice(0, -1)}`) : error
  }
}

/** `trust.jws` is what counts; what is beside it when it changes are anchors that verify the old one and the new one. */
const put = async (files: TrustFiles, trusted: Trusted, { bundle, anchors }: Accepted): Promise<void> => {
  const roots = rootDigests(bundle)
  const dropped = [...new Set([...trusted.formerAnchors, ...trusted.anchors])].filter(
    (digest) => !roots.includes(digest),
  )
  const either = [...new Set([...trusted.anchors, ...anchors])]
  await restoreFile(files.anchors, Buffer.from(digestLines(either)))
  if (trusted.installed && dropped.length > 0)
    await restoreFile(files.formerAnchors, Buffer.from(digestLines(dropped)))
  await restoreFile(files.jws, Buffer.from(bundle.jws))
  await restoreFiles(files, bundle)
}

/** Opens the folder of a tenant. */
export const trustFolder = (folder: string, tenant: string): TrustFolder => {
  const files = trustFiles(folder)

  const readLocked = async (): Promise<Trusted> => {
    const [anchors, formerAnchors] = [
      await readDigests(files, files.anchors),
      await readDigests(files, files.formerAnchors),
    ]
    const jws = await readText(files.jws)
    if (jws === undefined) {
      await checkEmpty(files)
      return { installed: undefined, anchors, formerAnchors }
    }
    const installed = await open(files, jws, { tenant, anchors })
    await restoreFiles(files, installed)
    const roots = rootDigests(installed)
    // After a crash the roots may be listed that the bundle which did not get there had dropped.
    return { installed, anchors: roots, formerAnchors: formerAnchors.filter((one) => !roots.includes(one)) }
  }

  const locked = async <T>(act: () => Promise<T>): Promise<T> => {
    await checkOwner(files)
    return withFolderLock(files.lock, act)
  }

  return {
    files,
    async read() {
      if (!(await unlessMissing(stat(folder))))
        return { installed: undefined, anchors: [], formerAnchors: [] }
      return locked(readLocked)
    },
    async install(accept) {
      await mkdir(folder, { recursive: true, mode: 0o755 })
      return locked(async () => {
        const trusted = await readLocked()
        const accepted = await accept(trusted)
        if (accepted) await put(files, trusted, accepted)
        return trusted
      })
    },
  }
}
