import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  bundleFiles,
  bundleFromRow,
  bundleRow,
  maxBundleOctets,
  newBundle,
} from '../../../lib/authority/storedBundle.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { testTime, uniqueTenantId, watchedTestTables } from '../../world.ts'

const tenant = parseTenantId('contoso')
const encodings = {
  'trust.json': Buffer.from('{}'),
  'trust.jws': Buffer.from('a.b.c'),
  'trust.pem': Buffer.from('# none'),
  'trust.p7b': Uint8Array.of(0x30, 0x00),
}
const bundle = newBundle(7, testTime, { encodings, cosigned: ['d.b.e', 'f.b.g'] })
const stored = { ...bundleRow(tenant, bundle), etag: 'W/"7"' }

describe('newBundle()', () => {
  it('tells the digest of each file, as anybody computes it', () => {
    for (const file of bundleFiles)
      expect(bundle.digests[file]).toBe(createHash('sha256').update(encodings[file]).digest('hex'))
    expect(bundle.etag).toBe('')
  })
})

describe('bundleRow() and bundleFromRow()', () => {
  it('store a bundle and read it back with its version', () => {
    expect(stored).toMatchObject({ partition: 'contoso', row: 'bundle~current' })
    expect(bundleFromRow(stored)).toEqual({ ...bundle, etag: 'W/"7"' })
  })

  it('store the signatures of other roots without the content, which all of them have', () => {
    expect(Buffer.from(stored.values['signatures'] as Uint8Array).toString()).toBe('d..e\nf..g')
    const { signatures: _, ...values } = stored.values
    for (const without of [values, { ...values, signatures: new Uint8Array() }])
      expect(bundleFromRow({ ...stored, values: without }).cosigned).toEqual([])
  })

  it.each(['json', 'jws', 'pem', 'pkcs7'])('take a row without its %s for a defect', (property) => {
    for (const value of [undefined, 'text']) {
      const values = { ...stored.values, [property]: value } as typeof stored.values
      expect(() => bundleFromRow({ ...stored, values })).toThrow(
        /^The row contoso bundle~current lacks trust\./,
      )
    }
  })

  it('take a row without a time for a defect', () => {
    const values = { ...stored.values, issuedAt: '' }
    expect(() => bundleFromRow({ ...stored, values })).toThrow('has a issuedAt that is no time')
  })

  it('hold files of the most octets there may be, in real tables', async () => {
    const tables = await watchedTestTables()
    const partition = parseTenantId(uniqueTenantId())
    const most = Object.fromEntries(
      bundleFiles.map((file, index) => [file, new Uint8Array(maxBundleOctets).fill(index)]),
    ) as Record<(typeof bundleFiles)[number], Uint8Array>
    const row = bundleRow(partition, newBundle(1, testTime, { encodings: most, cosigned: [] }))
    expect(await tables.transact('authorities', [{ kind: 'insert', row }])).toBe(true)
    const read = await tables.get('authorities', { partition, row: row.row })
    expect(read && bundleFromRow(read).digests).toEqual(
      newBundle(1, testTime, { encodings: most, cosigned: [] }).digests,
    )
  })
})
