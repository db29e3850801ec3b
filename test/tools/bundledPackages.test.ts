import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Bundle } from '../../tools/bundle.ts'
import { bundledPackages, sbom } from '../../tools/bundledPackages.ts'
import { builtApp, root } from './builtApp.ts'

interface Component {
  readonly type: string
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly hashes: readonly { readonly alg: string; readonly content: string }[]
  readonly licenses: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[]
}

interface Bom {
  readonly bomFormat: string
  readonly specVersion: string
  readonly serialNumber: string
  readonly version: number
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>
}

let built: Bundle
let bom: Bom

beforeAll(async () => {
  const { bundle, release } = await builtApp()
  built = bundle
  const name = [...release.files.keys()].find((one) => one.endsWith('.cdx.json')) ?? ''
  bom = JSON.parse(Buffer.from(release.files.get(name) ?? '').toString()) as Bom
})

/** Read off the metafile in another way than the tool does: by every folder that follows a `node_modules`. */
const foldersInBundle = (): readonly string[] => {
  const folders = Object.values(built.metafile.outputs)
    .flatMap(({ inputs }) => Object.keys(inputs))
    .filter((input) => input.includes('node_modules/'))
    .map((input) => {
      const parts = input.split('/')
      const last = parts.lastIndexOf('node_modules')
      return parts.slice(0, last + (parts[last + 1]?.startsWith('@') ? 3 : 2)).join('/')
    })
  return [...new Set(folders)]
}

const holds = ({ inputs }: Bundle['metafile']['outputs'][string], name: string): boolean =>
  Object.keys(inputs).some((input) => input.startsWith(`node_modules/${name}/`))

const locked = async () =>
  (JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock).packages

describe('the CycloneDX document', () => {
  it('lists every package of the metafile, as package-lock.json has it, and no other', async () => {
    const packages = await locked()
    const expected = foldersInBundle().map((folder) => {
      const name = folder.split('node_modules/').at(-1) ?? ''
      const { version = '', integrity = '' } = packages[folder] ?? {}
      const sha512 = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
      return `${name} ${version} SHA-512 ${sha512}`
    })
    const listed = bom.components.map(
      ({ name, version, hashes: [hash] }) => `${name} ${version} ${hash?.alg} ${hash?.content}`,
    )
    expect([...listed].sort()).toEqual([...new Set(expected)].sort())
    expect(listed.length).toBeGreaterThan(20)
    expect(listed.join('\n')).toMatch(/^@azure\/data-tables /m)
    expect(listed.join('\n')).not.toMatch(/^(azurite|vitest|esbuild|@peculiar\/x509) /m)
  })

  it('has the fields that CycloneDX 1.6 requires, each in its form', () => {
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 })
    expect(bom.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    for (const { type, name, version, purl, licenses } of bom.components) {
      expect({ type, purl }).toEqual({
        type: 'library',
        purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
      })
      expect(licenses[0]?.license?.id ?? licenses[0]?.expression).toMatch(/^[\w.+-]+$|^\(?[\w.+-]+ (OR|AND) /)
    }
  })

  it('names each thing once, and depends on nothing that it does not name', () => {
    const references = [bom.metadata.component, ...bom.components].map((one) => one['bom-ref'])
    expect(new Set(references).size).toBe(references.length)
    expect(bom.dependencies.map(({ ref }) => ref).sort()).toEqual([...references].sort())
    for (const { dependsOn } of bom.dependencies)
      for (const one of dependsOn) expect(references).toContain(one)
  })

  it('reaches every package from Mayfly, over who imports whom', () => {
    const edges = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
    const reached = new Set([bom.metadata.component['bom-ref']])
    for (const one of reached) for (const next of edges.get(one) ?? []) reached.add(next)
    expect([...reached].sort()).toEqual([...edges.keys()].sort())
  })

  it('tells the packages that Mayfly imports itself, which are dependencies of package.json', async () => {
    const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const direct =
      bom.dependencies.find(({ ref }) => ref === bom.metadata.component['bom-ref'])?.dependsOn ?? []
    const declared = new Set(
      Object.entries(dependencies).map(([name, version]) => `pkg:npm/${name.replace('@', '%40')}@${version}`),
    )
    expect(direct.filter((one) => !declared.has(one))).toEqual([])
    expect(direct.length).toBeGreaterThan(3)
    // Nor does it import what a package imports that is left out.
    const chunks = Object.entries(built.metafile.outputs).filter(
      ([, chunk]) => !holds(chunk, '@azure/identity'),
    )
    const { imports } = await bundledPackages(
      root,
      built.metafile,
      chunks.map(([path]) => path),
    )
    expect([...(imports.get('') ?? [])].filter((one) => !declared.has(one))).toEqual([])
  })

  it('has the same serial number for the same contents, and another for others', async () => {
    const bundled = await bundledPackages(root, built.metafile, ['dist/functions.mjs'])
    const subject = { name: 'mayfly', version: '1.0.0', license: 'MIT', sha256: '00' }
    const serial = (sha256: string) => (JSON.parse(sbom({ ...subject, sha256 }, bundled)) as Bom).serialNumber
    expect(serial('00')).toBe(serial('00'))
    expect(serial('00')).not.toBe(serial('01'))
  })
})

describe('the schema of CycloneDX 1.6', () => {
  // The schemas that CycloneDX publishes come with its library.
  const schema = async (name: string) => {
    const library = createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json')
    const file = join(dirname(library), 'res/schema', `${name}.SNAPSHOT.schema.json`)
    return JSON.parse(await readFile(file, 'utf8')) as object
  }

  it('takes the document, and would not take another', async () => {
    const ajv = new Ajv({ strict: false, validateFormats: false })
    for (const name of ['spdx', 'jsf-0.82'])
      ajv.addSchema(await schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`)
    const validate = ajv.compile(await schema('bom-1.6'))
    expect(validate(bom), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ ...bom, specVersion: 1.6 })).toBe(false)
    const licenses = [{ license: { id: 'My own' } }]
    expect(validate({ ...bom, components: bom.components.map((one) => ({ ...one, licenses })) })).toBe(false)
  })
})

describe('bundledPackages()', () => {
  const described = (metafile: Bundle['metafile'], at = root) =>
    bundledPackages(at, metafile, ['dist/functions.mjs'])

  const planted = (input: string): Bundle['metafile'] => {
    const file = { bytes: 1, imports: [] }
    const output = { bytes: 1, imports: [], exports: [], inputs: { [input]: { bytesInOutput: 1 } } }
    return { inputs: { [input]: file }, outputs: { 'dist/functions.mjs': output } }
  }

  it('refuses a package that package-lock.json does not know', async () => {
    await expect(described(planted('node_modules/unheard-of/index.js'))).rejects.toThrow(/unheard-of/)
  })

  it('takes the inner package of a path, and its scope with it', async () => {
    const nested =
      Object.keys(await locked()).find((folder) => /^node_modules\/.*\/node_modules\/@/.test(folder)) ?? ''
    const { packages } = await described(planted(`${nested}/lib/index.js`))
    expect(packages.map(({ folder }) => folder)).toEqual([nested])
  })
})
