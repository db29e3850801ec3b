import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** A package of which at least one file is in the bundle. */
export interface BundledPackage {
  /** Relative to the root of the project, as package-lock.json names it: `node_modules/@azure/identity`. */
  readonly folder: string
  readonly name: string
  readonly version: string
  /** SPDX identifier or expression, as its package.json says. */
  readonly license: string
  /** SHA-512 of the tarball that `npm ci` installs, in hexadecimal. */
  readonly sha512: string
  /** The folders of the packages that its bundled files import. */
  readonly imports: readonly string[]
}

/** The packages of a bundle. */
export interface BundledPackages {
  readonly packages: readonly BundledPackage[]
  /** The folders of those that Mayfly's own sources import. */
  readonly importedByMayfly: readonly string[]
}

interface LockedPackage {
  readonly version: string
  readonly integrity?: string
}

interface PackageJson {
  readonly name: string
  readonly version: string
  readonly license?: unknown
}

const readJson = async (root: string, path: string): Promise<unknown> =>
  JSON.parse(await readFile(join(root, path), 'utf8'))

const mayfly = ''

/** The folder of a file's package; empty for Mayfly's own. */
const folderOf = (input: string): string =>
  /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? mayfly

const foldersOf = ({ outputs }: Metafile, chunks: readonly string[]): ReadonlySet<string> =>
  new Set(chunks.flatMap((chunk) => Object.keys(outputs[chunk]?.inputs ?? {})).map(folderOf))

/** Which of these packages imports which; files count that leave no octet behind, as those that only re-export. */
const importsByFolder = ({ inputs }: Metafile, folders: ReadonlySet<string>) => {
  const found = new Map([...folders].map((folder) => [folder, new Set<string>()]))
  for (const [input, { imports }] of Object.entries(inputs)) {
    const targets = imports.map(({ path }) => folderOf(path)).filter((target) => folders.has(target))
    for (const target of targets) found.get(folderOf(input))?.add(target)
  }
  return found
}

const sha512Of = ({ integrity = '' }: LockedPackage, folder: string): string => {
  const [, digest] = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity) ?? []
  if (!digest) throw new Error(`Cannot tell what ${folder} is: package-lock.json has no SHA-512 of it.`)
  return Buffer.from(digest, 'base64').toString('hex')
}

const describePackage = async (root: string, folder: string, locked: LockedPackage | undefined) => {
  const { name, version, license } = (await readJson(root, `${folder}/package.json`)) as PackageJson
  if (locked?.version !== version)
    throw new Error(`Cannot describe ${folder} ${version}: package-lock.json has ${locked?.version}.`)
  if (typeof license !== 'string') throw new Error(`Cannot tell the licence of ${folder} ${version}.`)
  return { folder, name, version, license, sha512: sha512Of(locked, folder) }
}

/**
 * Tells the packages whose files are in these chunks of a bundle, ordered by folder.
 * @throws {Error} when a package is not the one of package-lock.json, or has no licence.
 */
export const bundledPackages = async (
  root: string,
  metafile: Metafile,
  chunks: readonly string[],
): Promise<BundledPackages> => {
  const { packages: locked } = (await readJson(root, 'package-lock.json')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>
  }
  const imports = importsByFolder(metafile, foldersOf(metafile, chunks))
  const sorted = (folder: string) =>
    [...(imports.get(folder) ?? [])].filter((one) => one !== mayfly && one !== folder).sort()
  const folders = [...imports.keys()].filter((folder) => folder !== mayfly).sort()
  const packages = await Promise.all(
    folders.map(async (folder) => ({
      ...(await describePackage(root, folder, locked[folder])),
      imports: sorted(folder),
    })),
  )
  return { packages, importedByMayfly: sorted(mayfly) }
}
