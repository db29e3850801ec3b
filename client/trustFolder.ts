import { rm, stat } from 'node:fs/promises'
import { holdsEvery } from '../lib/bundle/holdsEvery.ts'
import { listFiles } from '../lib/bundle/serverFiles.ts'
import { openTrustBundle, type TrustBundle } from '../lib/bundle/trustBundle.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { makeFolder } from '../lib/files/makeFolder.ts'
import { withFolderLock } from '../lib/files/withFolderLock.ts'
import { restoreFile, restoreFiles, rootDigests } from './restoreFiles.ts'
import {
  checkOwner,
  digestLines,
  namesIn,
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
  /** The bundle that servers loaded last, where a hook told; undefined also when no root of the installed one signed it. */
  readonly loaded: TrustBundle | undefined
  /** The bundle that the files which servers read are of: the installed one, or `loaded` when they were put back. */
  readonly served: TrustBundle | undefined
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
  /**
   * Does what one process does at a time: fetch, run the hook, report. The signal of trustFolder() ends the wait for it.
   * @throws {Refusal} `trust-bundle-refused` when others can write to the folder; `folder-busy`
   */
  inTurn<T>(act: () => Promise<T>): Promise<T>
  /** Makes the files that servers read those of the installed bundle, if they were put back. @throws {Refusal} as read() does */
  putForward(): Promise<Trusted>
  /**
   * Makes the files that servers read those of the bundle that they loaded last, until a later one than this is installed:
   * if the installed one still is this, and holds every certificate of the other. What was retired or tainted never
   * comes back.
   * @returns what is there by then.
   * @throws {Refusal} as read() does
   */
  putBack(notLoaded: TrustBundle): Promise<Trusted>
  /** Remembers that servers loaded a bundle. @throws {Refusal} as read() does */
  markLoaded(bundle: TrustBundle): Promise<Trusted>
}

const nothing: Trusted = {
  installed: undefined,
  anchors: [],
  formerAnchors: [],
  loaded: undefined,
  served: undefined,
}

/** What servers would read. */
const unvouched = ['trust.json', 'trust.pem', 'trust.p7b', ...listFiles]

/** Without a bundle nothing vouches for the files that servers read, nor are they ours to replace. */
const checkEmpty = async (files: TrustFiles): Promise<void> => {
  const found = await namesIn(files.folder)
  const folders = [files.certificates, files.issuers, files.roots]
  const inside = (await Promise.all(folders.map(namesIn))).flat()
  if (inside.length === 0 && !unvouched.some((name) => found.includes(name))) return
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

/** What servers loaded vouches for nothing: it is believed as far as the installed bundle does. */
const openLoaded = async (
  files: TrustFiles,
  tenant: string,
  installed: TrustBundle,
): Promise<TrustBundle | undefined> => {
  const jws = await readText(files.loaded)
  if (jws === undefined) return undefined
  try {
    const loaded = await openTrustBundle(jws, { tenant, anchors: rootDigests(installed) })
    return loaded.sequence <= installed.sequence ? loaded : undefined
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
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
  await restoreFiles(files, { installed: bundle, served: bundle })
}

/**
 * Reads what is installed and verifies it anew, and changes nothing. Another process may: whoever has no lock may have to look
 * once more.
 * @throws {Refusal} `trust-bundle-refused` when what is installed does not verify
 */
export const readTrusted = async (files: TrustFiles, tenant: string): Promise<Trusted> => {
  const [anchors, formerAnchors] = [
    await readDigests(files, files.anchors),
    await readDigests(files, files.formerAnchors),
  ]
  const jws = await readText(files.jws)
  if (jws === undefined) {
    await checkEmpty(files)
    return { ...nothing, anchors, formerAnchors }
  }
  const installed = await open(files, jws, { tenant, anchors })
  const loaded = await openLoaded(files, tenant, installed)
  const isPutBack = (await readText(files.putBack)) === installed.sha256.json
  const served = isPutBack && loaded && holdsEvery(installed, loaded) ? loaded : installed
  const roots = rootDigests(installed)
  // After a crash the roots may be listed that the bundle which did not get there had dropped.
  const former = formerAnchors.filter((one) => !roots.includes(one))
  return { installed, anchors: roots, formerAnchors: former, loaded, served }
}

/**
 * Opens the folder of a tenant.
 * @param signal ends waits for other processes: `folder-busy`.
 */
export const trustFolder = (folder: string, tenant: string, signal?: AbortSignal): TrustFolder => {
  const files = trustFiles(folder)

  const readLocked = async (): Promise<Trusted> => {
    const trusted = await readTrusted(files, tenant)
    const { installed, served } = trusted
    if (installed && served) await restoreFiles(files, { installed, served })
    return trusted
  }

  const locked = async <T>(act: () => Promise<T>): Promise<T> => {
    await checkOwner(files)
    return withFolderLock(files.lock, act, { signal })
  }

  return {
    files,
    async read() {
      return (await unlessMissing(stat(folder))) ? locked(readLocked) : nothing
    },
    async install(accept) {
      await makeFolder(folder, 0o755)
      return locked(async () => {
        const trusted = await readLocked()
        const accepted = await accept(trusted)
        if (accepted) await put(files, trusted, accepted)
        return trusted
      })
    },
    async inTurn(act) {
      await checkOwner(files)
      await makeFolder(folder, 0o755)
      return withFolderLock(files.turn, act, { signal })
    },
    putForward: () =>
      locked(async () => {
        await rm(files.putBack, { force: true })
        return readLocked()
      }),
    putBack: (notLoaded) =>
      locked(async () => {
        await restoreFile(files.putBack, Buffer.from(digestLines([notLoaded.sha256.json])))
        return readLocked()
      }),
    markLoaded: (bundle) =>
      locked(async () => {
        await restoreFile(files.loaded, Buffer.from(bundle.jws))
        return readLocked()
      }),
  }
}
