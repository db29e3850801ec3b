import { jsonMember } from '../json/parseJson.ts'

/** Reads members of one object, and notes those that are not there or are not what they should be. */
export interface StrictMembers {
  /** @returns null where there is none, undefined (and noted) where nobody can tell. */
  text(name: string): string | null | undefined
  flag(name: string): boolean | null | undefined
  texts(name: string): readonly string[] | null | undefined
  object(name: string): object | null | undefined
  /** Milliseconds since 1970, of RFC 3339 in UTC as Graph writes it. */
  time(name: string): number | null | undefined
  /** The ids of a collection, in the one spelling that is compared. */
  ids(name: string): readonly string[] | undefined
  /** The names of what was noted. */
  readonly mistakes: readonly string[]
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)

const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/
const isTime = (value: unknown): value is string =>
  isText(value) && timeForm.test(value) && !Number.isNaN(Date.parse(value))

const areIdentified = (value: unknown): value is readonly { readonly id: string }[] =>
  Array.isArray(value) && value.every((one) => isText(jsonMember(one, 'id')))

const orNull =
  <Value>(is: (value: unknown) => value is Value) =>
  (value: unknown): value is Value | null =>
    value === null || is(value)

/** Reads an object that came from outside. Names are ours, and values are never in a mistake. */
export const strictMembers = (document: unknown): StrictMembers => {
  const mistakes: string[] = []
  const read =
    <Value>(is: (value: unknown) => value is Value) =>
    (name: string): Value | undefined => {
      const value = jsonMember(document, name)
      if (is(value)) return value
      mistakes.push(name)
      return undefined
    }
  const timeText = read(orNull(isTime))
  return {
    text: read(orNull(isText)),
    flag: read(orNull(isFlag)),
    texts: read(orNull(areTexts)),
    object: read(orNull(isObject)),
    time(name) {
      const text = timeText(name)
      return typeof text === 'string' ? Date.parse(text) : text
    },
    ids: (name) => read(areIdentified)(name)?.map(({ id }) => id.toLowerCase()),
    mistakes,
  }
}
