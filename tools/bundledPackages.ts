import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** A package of which at least one file is in the bundle. */
interface BundledPackage {
  /** Its purl, with the `@` of a scope percent-encoded; one that is installed in several folders has one. */
  readonly purl: string
  /** Relative to the root of the project, as package-lock.json names it: `node_modules/@azure/identity`. */
  readonly folder: string
  readonly name: string
  readonly version: string
  /** SPDX identifier or expression. */
  readonly license: string
  /** SHA-512 of the tarball that `npm ci` installs, in hexadecimal. */
  readonly sha512: string
}

/** The packages of a bundle, and which of them imports which. */
export interface BundledPackages {
  /** Ordered by folder. */
  readonly packages: readonly BundledPackage[]
  /** From purl to purls; from the empty text what Mayfly's own sources import. */
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version: string; readonly license?: string; readonly integrity?: string }>
  >
}

const readJson = async (root: string, path: string): Promise<unknown> =>
  JSON.parse(await readFile(join(root, path), 'utf8'))

/** The folder of a file's package; empty for Mayfly's own. */
const folderOf = (input: string): string =>
  /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? ''

/** Tells of one package what package-lock.json says of it. @throws {Error} when another one is installed */
const describePackage = async (root: string, folder: string, lock: Lock): Promise<BundledPackage> => {
  const { version, license, integrity = '' } = lock.packages[folder] ?? {}
  const installed = (await readJson(root, `${folder}/package.json`)) as { readonly version: string }
  if (installed.version !== version)
    throw new Error(`Cannot describe ${folder} ${installed.version}: package-lock.json has ${version}.`)
  const [, digest] = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity) ?? []
  if (!license || !digest)
    throw new Error(`Cannot describe ${folder}: package-lock.json lacks its licence or its SHA-512.`)
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  return { purl, folder, name, version, license, sha512: Buffer.from(digest, 'base64').toString('hex') }
}

/**
 * Tells the packages whose files are in these chunks of a bundle.
 * @throws {Error} when package-lock.json does not say what a package is, or another one is installed.
 */
export const bundledPackages = async (
  root: string,
  { inputs, outputs }: Metafile,
  chunks: readonly string[],
): Promise<BundledPackages> => {
  const lock = (await readJson(root, 'package-lock.json')) as Lock
  const bundled = chunks.flatMap((chunk) => Object.keys(outputs[chunk]?.inputs ?? {})).map(folderOf)
  const folders = [...new Set(bundled)].filter(Boolean).sort()
  const packages = await Promise.all(folders.map((folder) => describePackage(root, folder, lock)))
  const purls = new Map([['', ''], ...packages.map(({ folder, purl }) => [folder, purl] as const)])
  const imports = new Map([...purls.values()].map((purl) => [purl, new Set<string>()]))
  // Files count that leave no octet behind, as those that only re-export.
  for (const [input, { imports: imported }] of Object.entries(inputs)) {
    const from = purls.get(folderOf(input))
    if (from === undefined) continue
    const to = imported.flatMap(({ path }) => purls.get(folderOf(path)) || [])
    for (const purl of to) if (purl !== from) imports.get(from)?.add(purl)
  }
  return { packages, imports }
}

/** Tells the packages that are in a file as a whole, such as the Node.js of an executable; nobody imports them. */
export const wholePackages = async (
  root: string,
  names: readonly string[],
): Promise<BundledPackages['packages']> => {
  const lock = (await readJson(root, 'package-lock.json')) as Lock
  return Promise.all(
    names.map(async (name) => {
      const found = await describePackage(root, `node_modules/${name}`, lock)
      return { ...found, folder: join(root, found.folder) }
    }),
  )
}

/** The subject of a bill of materials: what is handed out of one version. */
interface Subject {
  readonly name: string
  readonly version: string
  /** SPDX identifier. */
  readonly license: string
  /** SHA-256 of the zip, in hexadecimal. */
  readonly sha256: string
}

/** CycloneDX wants a single identifier apart from an expression. */
const licensesOf = (license: string) =>
  /^[\w.+-]+$/.test(license) ? [{ license: { id: license } }] : [{ expression: license }]

/** Makes a UUID of version 8 (RFC 9562 section 5.8), whose bits come from a SHA-256 of the text. */
const uuidOf = (text: string): string =>
  createHash('sha256')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5')

const componentOf = (type: string, purl: string, alg: string, content: string) => ({
  type,
  'bom-ref': purl,
  purl,
  hashes: [{ alg, content }],
})

/**
 * Writes the CycloneDX 1.6 document of a zip: every package of which a file is in it, and who imports whom. Its serial
 * number, which those who attest it ask for, depends on its contents, and it holds no time: the same zip has the same.
 */
export const sbom = (subject: Subject, { packages, imports }: BundledPackages): string => {
  const { name, version, license, sha256 } = subject
  const own = `pkg:generic/${name}@${version}`
  const byPurl = new Map(packages.map((one) => [one.purl, one]))
  const document = {
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: {
        ...componentOf('application', own, 'SHA-256', sha256),
        name,
        version,
        licenses: licensesOf(license),
      },
    },
    components: [...byPurl.values()].map((one) => ({
      ...componentOf('library', one.purl, 'SHA-512', one.sha512),
      name: one.name,
      version: one.version,
      scope: 'required',
      licenses: licensesOf(one.license),
    })),
    dependencies: [...imports].map(([purl, imported]) => ({
      ref: purl || own,
      dependsOn: [...imported].sort(),
    })),
  }
  const head = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(document))}`,
    version: 1,
  }
  return `${JSON.stringify({ ...head, ...document }, undefined, 2)}\n`
}

const licenseTexts = async (folder: string): Promise<string> => {
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(name))
  const texts = await Promise.all(names.sort().map((name) => readFile(join(folder, name), 'utf8')))
  const joined = texts.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n')
  return joined || 'These packages come without the text of their licence.'
}

/** Writes the licences of the bundled packages, each text once: most ask that it goes along with every copy. */
export const thirdPartyLicenses = async (root: string, { packages }: BundledPackages): Promise<string> => {
  const read = await Promise.all(
    packages.map(async ({ name, version, license, folder }) => ({
      line: `${name} ${version} (${license})`,
      text: await licenseTexts(join(root, folder)),
    })),
  )
  const sections = [...Map.groupBy(read, ({ text }) => text)].map(
    ([text, same]) => `${[...new Set(same.map(({ line }) => line))].join('\n')}\n\n${text}\n`,
  )
  return sections.join(`\n${'-'.repeat(80)}\n\n`)
}
