import { join } from 'node:path'
import { Refusal } from '../lib/errors/refusal.ts'
import { bundlePem, withoutComments } from '../lib/bundle/bundlePem.ts'
import { anchorLines, certificateFiles, installBundle, rootDigests } from './installBundle.ts'
import { checkSuccession, openTrustBundle, type TrustBundle } from '../lib/bundle/trustBundle.ts'
import {
  certificateNames,
  checkOwner,
  readOctets,
  refuseFolder,
  type TrustFiles,
  trustFiles,
} from './trustFiles.ts'

/** What a folder holds. */
export interface Trusted {
  /** Undefined before the first. */
  readonly installed: TrustBundle | undefined
  /** Who may sign the next bundle: the roots of the installed one, or the pinned ones before the first. */
  readonly anchors: readonly string[]
}

/** Where a relying party keeps its trust bundle. For one process at a time. */
export interface TrustFolder {
  readonly files: TrustFiles
  /**
   * Reads what is installed and verifies it anew; finishes an installation that was interrupted.
   * @throws {Refusal} `trust-bundle-refused` when anything of the bundle was changed by others than install().
   */
  read(): Promise<Trusted>
  /**
   * Puts a verified bundle in place. A crash in between leaves the old bundle, or what read() finishes the new one from.
   * @param anchors those that the bundle was verified with.
   * @throws {Refusal} `trust-bundle-refused` when others can write to the folder.
   */
  install(bundle: TrustBundle, anchors: readonly string[]): Promise<void>
}

const readAnchors = async (files: TrustFiles): Promise<readonly string[]> => {
  const text = await readOctets(files.anchors)
  if (text === undefined) return []
  if (/^([\da-f]{64}\n)+$/.test(text)) return text.trimEnd().split('\n')
  throw refuseFolder(files, `${files.anchors} is not a list of SHA-256 digests`)
}

const checkFile = async (
  files: TrustFiles,
  {
    file,
    expected,
    normalize = (text) => text,
  }: { file: string; expected: string; normalize?: (text: string) => string },
): Promise<void> => {
  const text = await readOctets(file)
  if (text !== undefined && normalize(text) === normalize(Buffer.from(expected).toString('latin1'))) return
  throw refuseFolder(files, `${file} is not what trust.jws says: somebody changed it`)
}

const checkCertificates = async (files: TrustFiles, bundle: TrustBundle): Promise<void> => {
  const expected = certificateFiles(bundle)
  for (const [name, pem] of expected)
    await checkFile(files, {
      file: join(files.certificates, name),
      expected: pem,
      normalize: withoutComments,
    })
  const foreign = (await certificateNames(files)).find((name) => !expected.has(name))
  if (foreign !== undefined)
    throw refuseFolder(files, `${join(files.certificates, foreign)} is not part of trust.jws`)
}

/** The files beside `trust.jws`, which nobody signed, are what follows from it. */
const checkFiles = async (files: TrustFiles, bundle: TrustBundle): Promise<void> => {
  await checkFile(files, { file: files.json, expected: bundle.json })
  await checkFile(files, { file: files.pem, expected: bundlePem(bundle), normalize: withoutComments })
  await checkFile(files, { file: files.anchors, expected: anchorLines(rootDigests(bundle)) })
  await checkCertificates(files, bundle)
}

/** Without a bundle nothing vouches for the files that servers read, nor are they ours to replace. */
const checkEmpty = async (files: TrustFiles): Promise<void> => {
  const found = [await readOctets(files.json), await readOctets(files.pem)]
  if (found.every((text) => text === undefined) && (await certificateNames(files)).length === 0) return
  throw refuseFolder(files, 'it has certificates, but not the trust.jws that vouches for them')
}

/** Opens the folder of a tenant. */
export const trustFolder = (folder: string, tenant: string): TrustFolder => {
  const files = trustFiles(folder)

  /** A file of the folder is told by its name. */
  const open = async (name: string, jws: string, anchors: readonly string[]): Promise<TrustBundle> => {
    try {
      return await openTrustBundle(jws, { tenant, anchors })
    } catch (error) {
      throw error instanceof Refusal ? refuseFolder(files, `${name}: ${error.detail.slice(0, -1)}`) : error
    }
  }

  const finish = async (jws: string, { installed, anchors }: Trusted): Promise<TrustBundle> => {
    const bundle = await open('incoming.jws', jws, anchors)
    checkSuccession(bundle, installed)
    await installBundle(files, bundle, anchors)
    return bundle
  }

  const readCommitted = async (): Promise<Trusted> => {
    const [anchors, jws] = [await readAnchors(files), await readOctets(files.jws)]
    if (jws === undefined) return { installed: undefined, anchors }
    const installed = await open('trust.jws', jws, anchors)
    return { installed, anchors: rootDigests(installed) }
  }

  return {
    files,
    install: (bundle, anchors) => installBundle(files, bundle, anchors),
    async read() {
      await checkOwner(files)
      const committed = await readCommitted()
      const incoming = await readOctets(files.incoming)
      const installed = incoming === undefined ? committed.installed : await finish(incoming, committed)
      await (installed ? checkFiles(files, installed) : checkEmpty(files))
      return installed ? { installed, anchors: rootDigests(installed) } : committed
    },
  }
}
