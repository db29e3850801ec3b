import { parseUuid } from '../../text/parseUuid.ts'

/** Says what the values of a property are, and so which operators make sense and how values are compared. */
type PropertyKind = 'text' | 'identifier' | 'choice' | 'trustType' | 'boolean' | 'collection'

/** Lists the properties that Entra documents for device filters, by Graph's names. */
const kinds: Readonly<Record<string, PropertyKind>> = {
  deviceId: 'identifier',
  displayName: 'text',
  deviceOwnership: 'choice',
  enrollmentProfileName: 'text',
  isCompliant: 'boolean',
  manufacturer: 'text',
  mdmAppId: 'identifier',
  model: 'text',
  operatingSystem: 'text',
  operatingSystemVersion: 'text',
  physicalIds: 'collection',
  profileType: 'choice',
  systemLabels: 'collection',
  trustType: 'trustType',
  ...Object.fromEntries(
    Array.from({ length: 15 }, (_, index) => [`extensionAttribute${index + 1}`, 'text' as const]),
  ),
}

/** Lists every property that a rule can name, as Graph spells it. */
export const deviceProperties: readonly string[] = Object.keys(kinds)

export interface Property {
  readonly name: string
  readonly kind: PropertyKind
}

const properties: ReadonlyMap<string, Property> = new Map([
  ...Object.entries(kinds).map(([name, kind]) => [name.toLowerCase(), { name, kind }] as const),
  // Older pages of Microsoft spell it so.
  ['devicephysicalids', { name: 'physicalIds', kind: 'collection' }],
])

/** Finds a property by its name in any case; undefined for a name that device filters do not know. */
export const propertyOf = (name: string): Property | undefined => properties.get(name.toLowerCase())

/** Lists the three kinds of trust by every name that Graph, the portal and the sign-in logs give them. */
const trustTypes: ReadonlyMap<string, string> = new Map([
  ...['azuread', 'azure ad joined', 'microsoft entra joined'].map((name) => [name, 'azuread'] as const),
  ...['serverad', 'hybrid azure ad joined', 'microsoft entra hybrid joined'].map(
    (name) => [name, 'serverad'] as const,
  ),
  ...['workplace', 'azure ad registered', 'microsoft entra registered'].map(
    (name) => [name, 'workplace'] as const,
  ),
])

/**
 * Writes a text the one way in which values of a kind are compared: case does not count.
 * @returns undefined for what is no value of that kind.
 */
export const comparedText = (kind: PropertyKind, text: string): string | undefined => {
  const folded = text.toLowerCase()
  if (kind === 'trustType') return trustTypes.get(folded)
  return kind === 'identifier' ? (parseUuid(text) ?? folded) : folded
}
