import { comparedText, propertyOf } from './filter/property.ts'
import type { DirectoryAnswer } from './signals/deviceEvidence.ts'
import type { Signal } from './signals/signal.ts'
import type { DeviceAttributes } from './signals/signals.ts'

type Attribute = DeviceAttributes[string]

const comparedOne = (name: string, value: string): string =>
  comparedText(propertyOf(name)?.kind ?? 'text', value) ?? value

/** Writes an attribute as device filters compare it; in which order a list has its members is no difference. */
const compared = (name: string, value: Attribute): string => {
  if (typeof value === 'string') return JSON.stringify(comparedOne(name, value))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = new Set(value.map((one) => comparedOne(name, one)))
  return JSON.stringify([...members].toSorted((one, other) => (one < other ? -1 : 1)))
}

/** What both tell and disagree on is unknown, as is what one of them could tell and does not. */
const agreedAttribute = (name: string, one: DeviceAttributes, other: DeviceAttributes): Attribute => {
  if (!Object.hasOwn(other, name)) return one[name]
  if (!Object.hasOwn(one, name)) return other[name]
  const isTold = one[name] !== undefined && other[name] !== undefined
  return isTold && compared(name, one[name]) === compared(name, other[name]) ? one[name] : undefined
}

const agreedAttributes = (one: DeviceAttributes, other: DeviceAttributes): DeviceAttributes => {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return Object.fromEntries([...names].map((name) => [name, agreedAttribute(name, one, other)]))
}

/** Gives the device that token and directory agree on. All of it is unknown where one of them says nothing of it. */
export const agreedDevice = (
  token: Signal<DeviceAttributes>,
  directory: DirectoryAnswer | undefined,
): Signal<DeviceAttributes> => {
  if (!directory) return token
  const { attributes } = directory
  if (token && attributes) return agreedAttributes(token, attributes)
  return token === null && attributes === null ? null : undefined
}
