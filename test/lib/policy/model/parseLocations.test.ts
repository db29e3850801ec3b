import { describe, expect, it } from 'vitest'
import { maxLocations, maxRanges, parseLocations } from '../../../../lib/policy/model/parseLocations.ts'
import { printRejection } from '../../../../lib/policy/model/rejection.ts'

const id = 'dddddddd-0000-4000-8000-000000000001'
const v4 = (cidrAddress: string) => ({ '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress })
const v6 = (cidrAddress: string) => ({ '@odata.type': '#microsoft.graph.iPv6CidrRange', cidrAddress })

/** As Graph lists them. */
const office = {
  '@odata.type': '#microsoft.graph.ipNamedLocation',
  id,
  displayName: 'Office',
  modifiedDateTime: null,
  createdDateTime: '2026-01-15T08:30:00Z',
  isTrusted: true,
  ipRanges: [v4('192.0.2.0/24'), v6('2001:db8::/32')],
}
const europe = {
  '@odata.type': '#microsoft.graph.countryNamedLocation',
  id: 'dddddddd-0000-4000-8000-000000000002',
  displayName: 'Europe',
  countriesAndRegions: ['DE', 'fr'],
  includeUnknownCountriesAndRegions: true,
  countryLookupMethod: 'clientIpAddress',
}

const rejectionsOf = (file: unknown) => parseLocations(file).rejections.map(printRejection)

describe('parseLocations()', () => {
  it('reads networks and countries, and gives the same for the documents to store', () => {
    const { entries, rejections } = parseLocations({ '@odata.context': 'x', value: [office, europe] })
    expect(rejections).toEqual([])
    expect(entries.map(({ value }) => value)).toEqual([
      {
        kind: 'networks',
        id,
        displayName: 'Office',
        isTrusted: true,
        ranges: ['192.0.2.0/24', '2001:db8::/32'],
      },
      {
        kind: 'countries',
        id: europe.id,
        displayName: 'Europe',
        countries: ['DE', 'FR'],
        includesUnknown: true,
      },
    ])
    expect(parseLocations(entries.map(({ document }) => document)).entries).toEqual(entries)
  })

  it('knows them by what they hold, where a list left the types out', () => {
    const { entries } = parseLocations([
      { displayName: 'Office', ipRanges: [{ cidrAddress: '192.0.2.7/32' }] },
      { displayName: 'Europe', countriesAndRegions: ['DE'] },
    ])
    expect(entries.map(({ value }) => value)).toEqual([
      { kind: 'networks', id: 'Office', displayName: 'Office', isTrusted: false, ranges: ['192.0.2.7/32'] },
      { kind: 'countries', id: 'Europe', displayName: 'Europe', countries: ['DE'], includesUnknown: false },
    ])
  })

  it.each([
    '192.0.2.0',
    '192.0.2/24',
    '192.0.2.0/33',
    '192.0.2.0/024',
    '0192.0.2.0/24',
    '0xc0.0.2.0/24',
    '3221225984/24',
    '2001:db8::/129',
    'fe80::%eth0/64',
    '::ffff:192.0.2.0/95',
    'office',
    ' 192.0.2.0/24',
  ])('rejects %j for a range', (cidrAddress) => {
    expect(rejectionsOf({ ...office, ipRanges: [{ cidrAddress }] })).toEqual([
      'ipRanges[0].cidrAddress: is no IPv4 or IPv6 range',
    ])
  })

  it.each<readonly [document: unknown, ...rejections: string[]]>([
    [{ ...office, ipRanges: [v4('2001:db8::/32')] }, 'ipRanges[0].cidrAddress: is no iPv4CidrRange'],
    [{ ...office, ipRanges: [v6('192.0.2.0/24')] }, 'ipRanges[0].cidrAddress: is no iPv6CidrRange'],
    [
      { ...office, ipRanges: [{ '@odata.type': '#microsoft.graph.iPv4Range', lowerAddress: '192.0.2.0' }] },
      'ipRanges[0].@odata.type: "iPv4Range" is not supported (supported: iPv4CidrRange, iPv6CidrRange)',
      'ipRanges[0].cidrAddress: is required',
      'ipRanges[0].lowerAddress: is not supported',
    ],
    [{ ...office, ipRanges: [] }, 'ipRanges: is required'],
    [{ ...office, isTrusted: 'yes' }, 'isTrusted: must be true or false'],
    [{ ...office, countriesAndRegions: ['DE'] }, 'countriesAndRegions: is not supported'],
    [{ ...office, id: 'AllTrusted' }, 'id: means every location, or every trusted one'],
    [{ ...office, id: null, displayName: 'all' }, 'displayName: means every location, or every trusted one'],
    [
      { ...europe, countriesAndRegions: ['DEU'] },
      'countriesAndRegions[0]: is no code of two letters (ISO 3166-1)',
    ],
    [
      { ...europe, countriesAndRegions: [], includeUnknownCountriesAndRegions: false },
      'the document: names no country',
    ],
    [
      { ...europe, countryLookupMethod: 'authenticatorAppGps' },
      'countryLookupMethod: "authenticatorAppGps" is not supported (supported: clientIpAddress)',
    ],
    [{ ...europe, isTrusted: true }, 'isTrusted: is not supported'],
    [
      { '@odata.type': '#microsoft.graph.compliantNetworkNamedLocation', displayName: 'x' },
      '@odata.type: "compliantNetworkNamedLocation" is not supported (supported: ipNamedLocation)',
      'ipRanges: is required',
    ],
    [[office, { ...office, id: id.toUpperCase() }], '[1].id: is that of [0] too'],
    ['office', 'the document: must be an object'],
    [
      { displayName: 'x', conditions: {}, grantControls: { operator: 'OR', builtInControls: ['mfa'] } },
      'the document: is a policy, which `mayfly policy apply` takes',
    ],
  ])('rejects %j: %s', (document, ...rejections) => expect(rejectionsOf(document)).toEqual(rejections))

  it('takes as many locations, and ranges in one, as Entra, and no more', () => {
    const ranges = (count: number) =>
      Array.from({ length: count }, (_, n) => v4(`10.${n >> 8}.${n & 255}.0/24`))
    const locations = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ ...europe, id: `location ${n}` }))
    expect(rejectionsOf({ ...office, ipRanges: ranges(maxRanges) })).toEqual([])
    expect(rejectionsOf({ ...office, ipRanges: ranges(maxRanges + 1) })).toEqual([
      'ipRanges: has more than 2000 ranges',
    ])
    expect(parseLocations(locations(maxLocations))).toMatchObject({
      entries: { length: 195 },
      rejections: [],
    })
    expect(rejectionsOf(locations(maxLocations + 1))).toEqual(['the file: holds more than 195'])
  })
})
