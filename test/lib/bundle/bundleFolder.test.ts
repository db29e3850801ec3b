import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleFolder, bundlePem, bundlePkcs7, rootsPem } from '../../../lib/bundle/bundleFolder.ts'
import { serverFiles } from '../../../lib/bundle/serverFiles.ts'
import { openTrustBundle, type TrustBundle } from '../../../lib/bundle/trustBundle.ts'
import { encodePem, parsePemCertificates } from '../../../lib/x509/pemBlock.ts'
import { type BundleWorld, createBundleWorld } from '../../client/bundleWorld.ts'
import { openssl } from '../../openssl.ts'

let bench: BundleWorld
let bundle: TrustBundle

beforeAll(async () => {
  bench = await createBundleWorld()
  bundle = await openTrustBundle(bench.jws, bench.expected)
})

afterAll(() => bench[Symbol.asyncDispose]())

const subjectsIn = (pem: string): readonly string[] =>
  parsePemCertificates(pem).map((der) => new X509Certificate(der).subject)

const idsIn = (pem: string) => [...pem.matchAll(/^# ((?:root|issuer|cross)~\S+), /gm)].map(([, id]) => id)

describe('bundlePem()', () => {
  it('holds roots and issuers with comments, roots first, and no name twice', () => {
    const pem = bundlePem(bundle)
    expect(idsIn(pem)).toEqual(['root~0001', 'root~0002', 'issuer~0001'])
    const subjects = subjectsIn(pem)
    expect(new Set(subjects).size).toBe(subjects.length)
    expect(pem).toMatch(
      /^# Trust bundle 1 of t[\da-f-]+, issued 2026-03-02T10:00:00Z\n\n# root~0001, active, until 2029-03-01T09:59:59Z\n# SHA-256 [\da-f]{64}\n-----BEGIN/,
    )
    for (const { sha256, der } of [...bundle.roots, ...bundle.issuers])
      expect(pem).toContain(`# SHA-256 ${sha256}\n${encodePem('CERTIFICATE', der)}`)
  })

  it('was a file that names one authority twice, which stops OpenVPN', async () => {
    const before = await readFile('test/incidents/2026-11-28/openvpn-trust.pem', 'utf8')
    expect(subjectsIn(before)).toHaveLength(4)
    expect(new Set(subjectsIn(before)).size).toBe(3)
  })
})

describe('rootsPem()', () => {
  it('holds the roots alone', () => {
    expect(idsIn(rootsPem(bundle))).toEqual(['root~0001', 'root~0002'])
    expect(subjectsIn(rootsPem(bundle))).toHaveLength(2)
  })
})

describe('bundlePkcs7()', () => {
  it('holds every certificate, cross certificates included, as another program reads it', () => {
    const text = openssl(['pkcs7', '-inform', 'DER', '-print_certs'], bundlePkcs7(bundle)).toString()
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g)
    const all = [...bundle.roots, ...bundle.issuers, ...bundle.crossCertificates]
    expect(all).toHaveLength(4)
    expect(blocks?.toSorted()).toEqual(all.map(({ der }) => encodePem('CERTIFICATE', der)).toSorted())
  })
})

describe('bundleFolder()', () => {
  it('has each certificate in a file of its own, and nothing that is not signed', () => {
    const files = bundleFolder(bundle)
    const names = ['root~0001', 'root~0002', 'issuer~0001', 'cross~0002-0001']
    const certificates = names.map((name) => `certificates/${name}.pem`)
    const forServers = [...serverFiles(bundle).keys()]
    const whole = ['trust.pem', 'trust.p7b', 'trust.json']
    expect([...files.keys()]).toEqual([...certificates, ...forServers, ...whole])
    for (const name of certificates) {
      const pem = Buffer.from(files.get(name) ?? []).toString()
      expect(parsePemCertificates(pem)).toHaveLength(1)
    }
    const cross = Buffer.from(files.get('certificates/cross~0002-0001.pem') ?? []).toString()
    expect(cross).toMatch(/^# cross~0002-0001, the key of root~0002 signed by root~0001, until /)
    expect(Buffer.from(files.get('trust.json') ?? []).toString()).toBe(bench.json)
  })
})
