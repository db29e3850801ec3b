import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { leafTbs } from '../../lib/profile/leafProfile.ts'
import { extensionOid } from '../../lib/x509/extension.ts'
import { encodeTbsCertificate, type TbsCertificate } from '../../lib/x509/tbsCertificate.ts'
import { adding, criticalAs, removing, valued } from '../lib/profile/fixtures/breach.ts'
import { newWithOldTbs } from '../lib/profile/fixtures/cross.ts'
import { certify, makeHierarchy, makeKeyPair } from '../lib/profile/fixtures/hierarchy.ts'
import { leafRequest, leafVariants } from '../lib/profile/fixtures/leaf.ts'
import { type Finding, lintWith, type Linter, linters, pathOf } from './linter.ts'

/** What a linter says against certificates that are right, and why they are. */
const allowed: Readonly<Record<string, { readonly finding: Finding; readonly reason: string }[]>> = {
  zlint: [],
  pkilint: [
    {
      finding: 'pkix.subject_key_identifier_rfc7093_method_1_identified',
      reason: 'It tells how the identifier was made, as the profile wants it: RFC 7093 section 2, method 1.',
    },
    {
      finding: 'pkix.invalid_uri_syntax',
      reason: 'It wants an authority in every URI. RFC 3986 section 3 does not, and RFC 9562 URNs have none.',
    },
  ],
}

/**
 * Variants that a linter cannot read, and what it says then: pkilint's decoder takes arcs of 31 bits for broken, and the
 * first octet of an object identifier for two arcs, whatever X.690 section 8.19.4 says.
 */
const unreadable: Readonly<Record<string, Readonly<Record<string, RegExp | Finding>>>> = {
  zlint: {},
  pkilint: {
    'another marker': 'itu.invalid_asn1_syntax',
    'a certificate policy below 2.999': 'itu.invalid_asn1_syntax',
  },
}

const hierarchy = makeHierarchy('ES256')
const rsaHierarchy = makeHierarchy('RS256')
const p256 = makeKeyPair('ES256').publicKey

const folder = mkdtempSync(join(tmpdir(), 'mayfly-linters-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
const write = (der: Uint8Array): string => {
  const file = join(folder, `${(count += 1)}.der`)
  writeFileSync(file, der)
  return file
}

const sign = (tbs: TbsCertificate, { algorithm, issuerKey } = hierarchy): string =>
  write(certify(encodeTbsCertificate(tbs), algorithm, issuerKey.privateKey))

const signByRoot = (tbs: TbsCertificate, { algorithm, rootKey } = hierarchy): string =>
  write(certify(encodeTbsCertificate(tbs), algorithm, rootKey.privateKey))

const plain = leafTbs(leafRequest(hierarchy, p256))

/** Certificates that keep the profile. */
const good: Readonly<Record<string, string>> = {
  'the root': write(hierarchy.rootDer),
  'the issuer': write(hierarchy.issuerDer),
  'the cross certificate': signByRoot(newWithOldTbs(hierarchy, p256)),
  'the cross certificate of RSA roots': signByRoot(
    newWithOldTbs(rsaHierarchy, makeKeyPair('RS256').publicKey),
    rsaHierarchy,
  ),
  'the leaf of an RSA issuer': sign(leafTbs(leafRequest(rsaHierarchy, p256)), rsaHierarchy),
  ...Object.fromEntries(
    (['RS256', 'EdDSA'] as const).map((name) => [
      `a key of ${name}`,
      sign(leafTbs(leafRequest(hierarchy, makeKeyPair(name).publicKey))),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(leafVariants).map(([what, variant]) => [
      what,
      sign(leafTbs(leafRequest(hierarchy, p256, variant))),
    ]),
  ),
}

/** Certificates with a fault, and the rule by which each linter has to find it. */
const faults: readonly {
  readonly what: string
  readonly changes: Partial<TbsCertificate>
  readonly found: Readonly<Record<string, Finding>>
}[] = [
  {
    what: 'a negative serial number',
    changes: { serialNumber: Uint8Array.of(0x80, ...new Uint8Array(15)) },
    found: {
      zlint: 'e_serial_number_not_positive',
      pkilint: 'pkix.certificate_serial_number_out_of_range',
    },
  },
  {
    what: 'a critical subjectKeyIdentifier',
    changes: criticalAs(extensionOid.subjectKeyIdentifier, true)(plain),
    found: {
      zlint: 'e_ext_subject_key_identifier_critical',
      pkilint: 'pkix.certificate_skid_extension_critical',
    },
  },
  {
    what: 'no authorityKeyIdentifier',
    changes: removing(extensionOid.authorityKeyIdentifier)(plain),
    found: {
      zlint: 'e_ext_authority_key_identifier_no_key_identifier',
      pkilint: 'pkix.authority_key_identifier_extension_absent',
    },
  },
  {
    what: 'keyCertSign without a CA',
    changes: {
      extensions: plain.extensions.map((each) =>
        each.oid === extensionOid.keyUsage ? valued(each.oid, '03 02 02 84') : each,
      ),
    },
    found: {
      zlint: 'e_ext_key_usage_cert_sign_without_ca',
      pkilint: 'pkix.ee_certificate_keycertsign_keyusage_set',
    },
  },
  {
    what: 'one extension twice',
    changes: adding(...plain.extensions.filter(({ oid }) => oid === extensionOid.extKeyUsage))(plain),
    found: { zlint: 'e_ext_duplicate_extension', pkilint: 'pkix.duplicate_extension' },
  },
]

const describeLinter = (linter: Linter, path: string): void => {
  const { name } = linter
  const reasons = allowed[name] ?? []
  const defects = unreadable[name] ?? {}
  const withoutReason = (found: readonly Finding[]): readonly Finding[] =>
    found.filter((finding) => !reasons.some((each) => each.finding === finding))
  const findings = Object.fromEntries(
    Object.entries(good).map(([what, file]) => [what, lintWith(linter, path, file)]),
  )
  for (const each of Object.values(findings)) each.catch(() => undefined)
  const readable = Object.keys(good).filter((what) => defects[what] === undefined)

  it.each(readable)(`${name} finds nothing in %s, but what has a reason`, async (what) => {
    expect(withoutReason((await findings[what]) ?? ['no report'])).toEqual([])
  })

  it.each(Object.entries(defects))(`${name} still cannot read %s`, async (what, defect) => {
    if (defect instanceof RegExp) await expect(findings[what]).rejects.toThrow(defect)
    else expect(await findings[what]).toContain(defect)
  })

  it(`${name} makes every finding that has a reason: none is left over`, async () => {
    const found = new Set(
      (await Promise.all(readable.map(async (what) => (await findings[what]) ?? []))).flat(),
    )
    expect(reasons.filter(({ finding }) => !found.has(finding))).toEqual([])
  })

  it.each(faults)(`${name} finds $what`, async ({ changes, found }) => {
    const all = await lintWith(linter, path, sign({ ...plain, ...changes }))
    expect(withoutReason(all)).toContain(found[name])
  })
}

const here = linters.flatMap((linter) => {
  const path = pathOf(linter)
  return path === undefined ? [] : [{ linter, path, name: linter.name }]
})
const absent = linters.filter(({ name }) => !here.some((each) => each.name === name))

describe.each(here)('An independent linter, $name', { timeout: 300_000 }, ({ linter, path }) => {
  describeLinter(linter, path)
})

describe.each(absent)('An independent linter, $name', ({ name, variable }) => {
  it(`skipped: ${name} is not on this machine`, ({ skip }) => {
    skip(`put ${name} on the PATH, or name it in ${variable}`)
  })
})
