import { cp, link, mkdir, readdir, realpath, utimes } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bundle, bundle } from '../../tools/bundle.ts'
import { makeRelease, type Release } from '../../tools/release.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'

/** The root of the project. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

let made: Promise<{ readonly bundle: Bundle; readonly release: Release }> | undefined

/** Builds the app of these sources and makes a release of it, once. */
export const builtApp = () =>
  (made ??= bundle(root).then(async (built) => ({ bundle: built, release: await makeRelease(root, built) })))

/** All files of a package: its source maps and their sources too are read for those of the bundle. */
const filesOf = async (folder: string): Promise<readonly string[]> =>
  (await readdir(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !/\/node_modules\/|\.d\.[cm]?ts(\.map)?$/.test(path.slice(folder.length)))

const linkFile = async (folder: string, path: string): Promise<void> => {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  const target = join(folder, path)
  // Another file system, as on the CI machines of some, has no hard links to this one.
  await link(join(root, path), target).catch(() => cp(join(root, path), target))
}

/** A second project in another place, with other times: what the bundle is made of, and what describes it. */
export const secondProject = async (packageFolders: readonly string[]): Promise<string> => {
  const folder = join(await realpath(await temporaryFolder()), 'elsewhere')
  const linked = (await Promise.all(packageFolders.map(filesOf))).flat()
  await Promise.all(linked.map((path) => linkFile(folder, path)))
  const own = ['lib', 'functions', 'host.json', 'package.json', 'package-lock.json', 'LICENSE']
  for (const path of own) await cp(join(root, path), join(folder, path), { recursive: true })
  await Promise.all(own.map((path) => utimes(join(folder, path), 1_000_000_000, 1_000_000_000)))
  return folder
}
