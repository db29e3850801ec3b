import { createHash } from 'node:crypto'
import type { BundledPackage, BundledPackages } from './bundledPackages.ts'

/** What the document is about: the zip of one version. */
export interface Subject {
  readonly name: string
  readonly version: string
  /** SPDX identifier. */
  readonly license: string
  /** SHA-256 of the zip, in hexadecimal. */
  readonly sha256: string
}

/** Package URL of an npm package; the `@` of a scope is percent-encoded. */
const purlOf = ({ name, version }: BundledPackage): string =>
  `pkg:npm/${name.replace(/^@/, '%40')}@${version}`

/** CycloneDX wants a single identifier apart from an expression. */
const licensesOf = (license: string) =>
  /^[\w.+-]+$/.test(license) ? [{ license: { id: license } }] : [{ expression: license }]

const componentOf = (one: BundledPackage) => ({
  type: 'library',
  'bom-ref': purlOf(one),
  name: one.name,
  version: one.version,
  scope: 'required',
  hashes: [{ alg: 'SHA-512', content: one.sha512 }],
  licenses: licensesOf(one.license),
  purl: purlOf(one),
})

/** A package that is installed in several folders is one component. */
const byPurl = (packages: readonly BundledPackage[]): readonly (readonly [string, BundledPackage[]])[] =>
  [...Map.groupBy(packages, purlOf)].sort(([a], [b]) => (a < b ? -1 : 1))

const dependenciesOf = ({ packages, importedByMayfly }: BundledPackages, reference: string) => {
  const purls = new Map(packages.map((one) => [one.folder, purlOf(one)]))
  const dependsOn = (folders: readonly string[]) =>
    [...new Set(folders.flatMap((folder) => purls.get(folder) ?? []))].sort()
  return [
    { ref: reference, dependsOn: dependsOn(importedByMayfly) },
    ...byPurl(packages).map(([ref, same]) => ({
      ref,
      dependsOn: dependsOn(same.flatMap((one) => one.imports)),
    })),
  ]
}

/** A UUID of version 8 (RFC 9562 section 5.8), whose bits come from a SHA-256 of the text. */
const uuidOf = (text: string): string => {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/**
 * Writes the CycloneDX 1.6 document of what is in the zip: every package of which a file is in the bundle and no other,
 * and who of them imports whom. It holds no time, so that the same zip has the same document.
 */
export const sbom = (subject: Subject, bundled: BundledPackages): string => {
  const { name, version, license, sha256 } = subject
  const reference = `pkg:generic/${name}@${version}`
  const document = {
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: {
        type: 'application',
        'bom-ref': reference,
        name,
        version,
        hashes: [{ alg: 'SHA-256', content: sha256 }],
        licenses: licensesOf(license),
        purl: reference,
      },
    },
    components: byPurl(bundled.packages).flatMap(([, [one]]) => (one ? [componentOf(one)] : [])),
    dependencies: dependenciesOf(bundled, reference),
  }
  const head = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
  }
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(document))}`
  return `${JSON.stringify({ ...head, serialNumber, version: 1, ...document }, undefined, 2)}\n`
}
