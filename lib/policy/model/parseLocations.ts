import * as z from 'zod'
import { isAddressRange } from './addressRanges.ts'
import type { GraphDocument } from './graphDocument.ts'
import { graphType, typeName } from './graphType.ts'
import { displayName, identifier } from './identifiers.ts'
import { type GraphFile, parseGraphFile } from './parseGraphFile.ts'
import type { NamedLocation } from './policy.ts'
import { addReason } from './rejection.ts'

/** Bound the named locations of a tenant, and the ranges of one, as Entra does. */
export const maxLocations = 195
export const maxRanges = 2_000

const range = z
  .strictObject({
    [typeName]: graphType('iPv4CidrRange', 'iPv6CidrRange').optional(),
    cidrAddress: z.string(),
  })
  .transform(({ [typeName]: type, cidrAddress }, context) => {
    const isOther = type !== undefined && cidrAddress.includes(':') !== (type === 'iPv6CidrRange')
    if (isOther || !isAddressRange(cidrAddress))
      addReason(context, cidrAddress, `is no ${type ?? 'IPv4 or IPv6 range'}`, ['cidrAddress'])
    return cidrAddress
  })

/** Finds ids that policies give another meaning. */
const isReserved = (id: string): boolean => ['all', 'alltrusted'].includes(id.toLowerCase())

const common = {
  id: identifier.refine((id) => !isReserved(id), 'means every location, or every trusted one').optional(),
  displayName: displayName.refine((name) => !isReserved(name), 'means every location, or every trusted one'),
  createdDateTime: z.string().optional(),
  modifiedDateTime: z.string().optional(),
}

const networksSchema = z
  .strictObject({
    ...common,
    [typeName]: graphType('ipNamedLocation').optional(),
    isTrusted: z.boolean().default(false),
    ipRanges: z.array(range).max(maxRanges, `has more than ${maxRanges} ranges`),
  })
  .transform((given): NamedLocation => ({
    kind: 'networks',
    id: given.id ?? given.displayName,
    displayName: given.displayName,
    isTrusted: given.isTrusted,
    ranges: given.ipRanges,
  }))

const country = z
  .string()
  .regex(/^[A-Za-z]{2}$/, 'is no code of two letters (ISO 3166-1)')
  .transform((code) => code.toUpperCase())

const countriesSchema = z
  .strictObject({
    ...common,
    [typeName]: graphType('countryNamedLocation').optional(),
    countriesAndRegions: z.array(country).default([]),
    includeUnknownCountriesAndRegions: z.boolean().default(false),
    countryLookupMethod: z.enum(['clientIpAddress']).optional(),
  })
  .transform((given, context): NamedLocation => {
    const { countriesAndRegions: countries, includeUnknownCountriesAndRegions: includesUnknown } = given
    if (countries.length === 0 && !includesUnknown) addReason(context, given, 'names no country')
    const id = given.id ?? given.displayName
    return { kind: 'countries', id, displayName: given.displayName, countries, includesUnknown }
  })

/** Says which kind a document is: by its type, or by what it holds where a list left the type out. */
const isCountries = (document: GraphDocument): boolean =>
  typeof document[typeName] === 'string'
    ? /(^|\.)countryNamedLocation$/.test(document[typeName])
    : Object.hasOwn(document, 'countriesAndRegions')

const parseLocation = (document: GraphDocument): z.ZodSafeParseResult<NamedLocation> =>
  (isCountries(document) ? countriesSchema : networksSchema).safeParse(document, { reportInput: true })

const otherKinds = [
  { members: ['conditions', 'grantControls'], reason: 'is a policy, which `mayfly policy apply` takes' },
]

/** Parses a file of Graph's namedLocation documents (v1.0): one, an array, or the list that Graph answers with. */
export const parseLocations = (file: unknown): GraphFile<NamedLocation> =>
  parseGraphFile(file, {
    parse: parseLocation,
    most: maxLocations,
    kept: { annotation: typeName },
    otherKinds,
  })
