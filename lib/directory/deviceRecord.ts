import { jsonMember } from '../json/parseJson.ts'
import { parseUuid } from '../text/parseUuid.ts'
import { comparedText, deviceProperties, type Property, propertyOf } from '../policy/filter/property.ts'
import type { Signal } from '../policy/signals/signal.ts'
import type { DeviceAttributes } from '../policy/signals/signals.ts'
import { type StrictMembers, strictMembers } from './strictMembers.ts'

/** What the directory has of a device. Null: it says that there is none; undefined: nobody can tell. */
export interface DeviceRecord {
  /** Every one that a device filter can name. */
  readonly attributes: DeviceAttributes
  readonly accountEnabled: Signal<boolean>
  readonly isCompliant: Signal<boolean>
  readonly isManaged: Signal<boolean>
  /** From when on the device is not deemed compliant, milliseconds since 1970. */
  readonly complianceEndsAt: Signal<number>
  /** Whether it is joined to a domain, and by that to the directory. */
  readonly isDomainJoined: boolean | undefined
  /** Object ids of users, in lower case. */
  readonly owners: readonly string[] | undefined
  readonly operatingSystem: Signal<string>
  readonly operatingSystemVersion: Signal<string>
  /** The members that are not what they should be, and those that are missing and matter. */
  readonly mistakes: readonly string[]
}

const extensions = deviceProperties.filter((name) => name.startsWith('extensionAttribute'))
const own = deviceProperties.filter((name) => !extensions.includes(name))

const selected = [
  ...own,
  'extensionAttributes',
  'accountEnabled',
  'isManaged',
  'complianceExpirationDateTime',
]

const deviceOf = (deviceId: string): string => `devices(deviceId='${deviceId}')`

/** The path of a device's record, with its owners. @param deviceId a UUID. */
export const devicePath = (deviceId: string): string =>
  `${deviceOf(deviceId)}?$select=${selected.join(',')}&$expand=registeredOwners($select=id)`

/** The path of the users of a device. @param deviceId a UUID. */
export const usersPath = (deviceId: string): string => `${deviceOf(deviceId)}/registeredUsers?$select=id`

const readers: Readonly<Partial<Record<Property['kind'], 'flag' | 'texts'>>> = {
  boolean: 'flag',
  collection: 'texts',
}

const attributesOf = (members: StrictMembers, deviceId: string): DeviceAttributes => {
  const extended = members.object('extensionAttributes')
  const inner = strictMembers(extended ?? {})
  const extension = (name: string) => (extended === null ? null : inner.text(name))
  return Object.fromEntries([
    ...own.map((name) => {
      const reader = readers[propertyOf(name)?.kind ?? 'text'] ?? 'text'
      return [name, name === 'deviceId' ? deviceId : members[reader](name)] as const
    }),
    ...extensions.map((name) => [name, extension(name)] as const),
  ])
}

const domainJoinOf = (trustType: Signal<string>): boolean | undefined => {
  const known = typeof trustType === 'string' ? comparedText('trustType', trustType) : undefined
  return known === undefined ? undefined : known === 'serverad'
}

/** What no record is without; of the rest, not every cloud has each. */
const needed = [
  'accountEnabled',
  'isCompliant',
  'isManaged',
  'complianceExpirationDateTime',
  'trustType',
  'registeredOwners',
]

const mistakesIn = ({ mistakes }: StrictMembers, document: unknown): readonly string[] =>
  [...new Set(mistakes)].filter((name) => needed.includes(name) || jsonMember(document, name) !== undefined)

/**
 * Reads the record of a device.
 * @returns undefined for what is no record of this device.
 */
export const readDeviceRecord = (document: unknown, deviceId: string): DeviceRecord | undefined => {
  const members = strictMembers(document)
  if (parseUuid(members.text('deviceId') ?? '') !== deviceId) return undefined
  const attributes = attributesOf(members, deviceId)
  return {
    attributes,
    accountEnabled: members.flag('accountEnabled'),
    isCompliant: members.flag('isCompliant'),
    isManaged: members.flag('isManaged'),
    complianceEndsAt: members.time('complianceExpirationDateTime'),
    isDomainJoined: domainJoinOf(members.text('trustType')),
    owners: members.ids('registeredOwners'),
    operatingSystem: members.text('operatingSystem'),
    operatingSystemVersion: members.text('operatingSystemVersion'),
    mistakes: mistakesIn(members, document),
  }
}

/** Whom a device is registered to: whole is false where the directory has more than it told. */
export interface RegisteredUsers {
  readonly ids: readonly string[]
  readonly whole: boolean
}

/** Reads the users of a device. @returns undefined for what is no list of them. */
export const readRegisteredUsers = (document: unknown): RegisteredUsers | undefined => {
  const ids = strictMembers(document).ids('value')
  return ids && { ids, whole: !Object.hasOwn(document as object, '@odata.nextLink') }
}
