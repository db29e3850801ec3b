import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openCountries } from '../../../lib/policy/countryOf.ts'
import { mmdb } from '../../mmdb.ts'

const folder = await mkdtemp(join(tmpdir(), 'mayfly-countries-'))
afterAll(() => rm(folder, { recursive: true }))

const fileOf = async (name: string, content: Buffer): Promise<string> => {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const countries = {
  '203.0.113.0/24': 'DE',
  '198.51.100.0/24': 'xx',
  '192.0.2.0/24': '',
  '2001:db8::/32': 'AT',
}

describe('openCountries()', async () => {
  const countryOf = await openCountries(await fileOf('countries.mmdb', mmdb(countries)))

  it.each([
    ['203.0.113.7', 'DE'],
    ['::ffff:203.0.113.7', 'DE'],
    ['2001:db8::1', 'AT'],
    ['2001:db9::1', null],
    ['203.0.114.1', null],
    ['192.0.2.1', null],
    ['198.51.100.1', null],
    ['203.0.113.7:443', undefined],
    ['', undefined],
  ])('tells of %s: %j', (clientIp, expected) => expect(countryOf(clientIp)).toBe(expected))

  it('tells nothing of IPv6 by a database of IPv4, whose addresses begin with the same bits', async () => {
    const file = await fileOf('v4.mmdb', mmdb({ '32.1.13.0/24': 'DE' }, { version: 4 }))
    const byIpv4 = await openCountries(file)
    expect(['32.1.13.184', '2001:db8::1', '::ffff:32.1.13.1', '32.1.14.1'].map(byIpv4)).toEqual([
      'DE',
      undefined,
      'DE',
      null,
    ])
  })

  it('does not open a file that holds no countries', async () => {
    const path = await fileOf('asn.mmdb', mmdb(countries, { type: 'GeoLite2-ASN' }))
    await expect(openCountries(path)).rejects.toThrow('of the type GeoLite2-ASN, which holds no countries')
    await expect(openCountries(await fileOf('none.mmdb', Buffer.from('nothing')))).rejects.toThrow()
    await expect(openCountries(join(folder, 'absent.mmdb'))).rejects.toThrow(/ENOENT/)
  })
})
