import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publishBundle } from '../../../lib/authority/publishedBundle.ts'
import { bundleFiles, newBundle, type StoredBundle } from '../../../lib/authority/storedBundle.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { type BundleWorld, createBundleWorld } from '../../client/bundleWorld.ts'

let bench: BundleWorld
let stored: StoredBundle

beforeAll(async () => {
  bench = await createBundleWorld()
  stored = bench.authority.bundle
})

afterAll(() => bench[Symbol.asyncDispose]())

const publish = (bundle: StoredBundle = stored, tenant = bench.tenant) =>
  publishBundle(parseTenantId(tenant), bundle)

const withFile = (file: (typeof bundleFiles)[number], text: string): StoredBundle =>
  newBundle(stored.sequence, stored.issuedAt, {
    ...stored,
    encodings: { ...stored.encodings, [file]: Buffer.from(text) },
  })

describe('publishBundle()', () => {
  it('makes the octets that the command line stored, with their digests', async () => {
    const { encodings, digests, sequence, issuedAt, certificates } = await publish()
    for (const file of bundleFiles) expect(Buffer.from(encodings[file])).toEqual(stored.encodings[file])
    expect(digests).toEqual(stored.digests)
    expect([sequence, issuedAt]).toEqual([1, new Date('2026-03-02T10:00:00Z')])
    expect(certificates.map(({ id }) => id)).toEqual([
      'root~0001',
      'root~0002',
      'issuer~0001',
      'cross~0002-0001',
    ])
  })

  it.each(['trust.json', 'trust.pem', 'trust.p7b'] as const)(
    'makes %s of what is signed, whatever the row says, as those of earlier versions do',
    async (file) => {
      const { encodings } = await publish(withFile(file, 'planted'))
      expect(Buffer.from(encodings[file])).toEqual(stored.encodings[file])
      const unsigned = await publish({ ...stored, sequence: 99, issuedAt: new Date(0) })
      expect(unsigned).toMatchObject({ sequence: 1, issuedAt: new Date('2026-03-02T10:00:00Z') })
    },
  )

  it('has the bundle as each root signed it', async () => {
    const { signatures } = await publish()
    expect([...signatures.keys()]).toEqual([bench.root(1).digest, bench.root(2).digest])
    const [first, second] = [...signatures.values()].map(({ body }) => Buffer.from(body).toString())
    expect(first).toBe(bench.jws)
    expect(second?.split('.')[1]).toBe(bench.jws.split('.')[1])
    expect([...(await publish({ ...stored, cosigned: [] })).signatures.keys()]).toEqual([
      bench.root(1).digest,
    ])
  })

  it.each([
    ['is no JWS', () => withFile('trust.jws', 'planted')],
    ['says something else', () => withFile('trust.jws', `${bench.jws.slice(0, -9)}AAAAAAAAA`)],
    [
      'is signed otherwise by another root',
      () => ({ ...stored, cosigned: [`${bench.jws.slice(0, -9)}AAAAAAAAA`] }),
    ],
    [
      'is signed by a root that it does not hold',
      async () => {
        const document = JSON.parse(bench.json) as { roots: unknown[] }
        const roots = document.roots.slice(1)
        return withFile('trust.jws', await bench.sign(JSON.stringify({ ...document, roots })))
      },
    ],
  ])('refuses to serve what %s, and tells no more of it', async (_, altered) => {
    await expect(publish(await altered())).toRefuse(
      'bundle-unverified',
      /^Cannot serve the trust bundle of \S+: what the tables hold does not verify\.$/,
    )
  })

  it('refuses the bundle of another tenant', async () => {
    await expect(publish(stored, 'fabrikam')).toRefuse('bundle-unverified')
  })
})
