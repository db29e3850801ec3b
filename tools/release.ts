import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { zipSync } from 'fflate'
import { type Bundle, foreign, outdir } from './bundle.ts'
import { bundledPackages, sbom, thirdPartyLicenses } from './bundledPackages.ts'

/** Keys in files are for one machine: `func start` loads their chunk on demand, and no package has it. */
const leftOut = 'lib/keys/localKeys.ts'

interface ProjectJson {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly engines: Readonly<Record<string, string>>
}

/**
 * The chunks that go into the package. Source maps stay behind: nothing in Azure reads them, they are two thirds of the
 * octets that every new instance would load, and a build of the same sources makes them again.
 * @throws {Error} when one of them holds a module that has no business in Azure.
 */
const chunksToShip = ({ outputs }: Metafile): readonly string[] => {
  const chunks = Object.entries(outputs).filter(
    ([path, { entryPoint }]) => path.endsWith('.mjs') && entryPoint !== leftOut,
  )
  const found = chunks
    .flatMap(([, { inputs }]) => Object.keys(inputs))
    .filter((input) => foreign.test(input) || input === leftOut)
  if (found.length) throw new Error(`Cannot package what does not belong into Azure: ${found.join(', ')}.`)
  return chunks.map(([path]) => path).sort()
}

const octetsOf = ({ files }: Bundle, path: string): Uint8Array => {
  const contents = files.get(path)
  if (!contents) throw new Error(`Cannot package ${path}: the build has not made it.`)
  return contents
}

/** The worker loads what `main` names; there are no dependencies, so that nobody installs any. */
const packageJson = ({ name, version, engines }: ProjectJson): string =>
  `${JSON.stringify({ name, version, private: true, type: 'module', main: 'functions.mjs', engines }, undefined, 2)}\n`

/**
 * Writes a zip whose bytes depend on the names and contents of its files alone: sorted, each -rw-r--r-- and of the first
 * day that the format can tell. It is fflate that deflates, since the output of zlib differs between versions and
 * processors, and then nobody could compare a release with a build of his own.
 */
const zip = (files: ReadonlyMap<string, Uint8Array>): Uint8Array => {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
  const unix = { os: 3, attrs: 0o100644 * 0x10000 }
  return zipSync(Object.fromEntries(sorted), { level: 9, mtime: new Date(1980, 0, 1), ...unix })
}

const sha256 = (octets: string | Uint8Array): string => createHash('sha256').update(octets).digest('hex')

export interface Release {
  /** The files in the zip, by name. */
  readonly contents: ReadonlyMap<string, Uint8Array>
  /** The zip, its CycloneDX document and their checksums, by file name. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/**
 * Makes a release: the zip as Flex Consumption takes it, its CycloneDX document and their checksums.
 *
 * One Deploy wants host.json at the root of the archive, without a folder around it, and everything that the app needs,
 * unless a remote build is asked for, which is off by default
 * (learn.microsoft.com/azure/azure-functions/deployment-zip-push and functions-deployment-technologies#one-deploy). The
 * Node.js worker loads what `main` of package.json says (functions-reference-node#registering-a-function).
 * @param root - the project, with its packages installed.
 */
export const makeRelease = async (root: string, built: Bundle): Promise<Release> => {
  const project = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as ProjectJson
  const chunks = chunksToShip(built.metafile)
  const bundled = await bundledPackages(root, built.metafile, chunks)
  const contents = new Map<string, Uint8Array>([
    ...chunks.map((path) => [path.slice(outdir.length + 1), octetsOf(built, path)] as const),
    ['host.json', await readFile(join(root, 'host.json'))],
    ['package.json', Buffer.from(packageJson(project))],
    ['LICENSE', await readFile(join(root, 'LICENSE'))],
    ['THIRD-PARTY-LICENSES.txt', Buffer.from(await thirdPartyLicenses(root, bundled))],
  ])
  const base = `${project.name}-${project.version}`
  const archive = zip(contents)
  const bom = sbom({ ...project, sha256: sha256(archive) }, bundled)
  const sums = `${sha256(archive)}  ${base}.zip\n${sha256(bom)}  ${base}.cdx.json\n`
  const files = new Map([
    [`${base}.zip`, archive],
    [`${base}.cdx.json`, Buffer.from(bom)],
    [`${base}.sha256`, Buffer.from(sums)],
  ])
  return { contents, files }
}
