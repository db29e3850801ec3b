import { jsonMember } from '../json/parseJson.ts'
import { parseRfc3339 } from '../text/rfc3339.ts'
import type { Drop, DropList, DropUser } from './dropList.ts'

/** Makes the error to throw of a reason that follows a subject, such as "has no member". */
type Refuse = (why: string) => Error

const kinds = ['user', 'device', 'key'] as const

/** Reads the members of one object, and says where what is wrong with it stands. */
interface Reader {
  readonly refuse: Refuse
  /** Such as `drops[3].users[0]`; empty for the document. */
  readonly place: string
  readonly object: unknown
}

const wrong = ({ refuse, place }: Reader, name: string, what: string): Error =>
  refuse(`has no ${place === '' ? name : `${place}.${name}`} that is ${what}`)

/** No name of a user is longer, and no other value. */
const maxCharacters = 512

const text = (reader: Reader, name: string): string => {
  const value = jsonMember(reader.object, name)
  if (typeof value === 'string' && value !== '' && value.length <= maxCharacters) return value
  throw wrong(reader, name, `a text of 1 to ${maxCharacters} characters`)
}

const optional = <T>(reader: Reader, name: string, read: (reader: Reader, name: string) => T) =>
  jsonMember(reader.object, name) === null ? undefined : read(reader, name)

const time = (reader: Reader, name: string): Date => {
  const seconds = parseRfc3339(text(reader, name))
  if (seconds !== undefined) return new Date(seconds * 1000)
  throw wrong(reader, name, 'a time of RFC 3339')
}

const wholeNumber = (reader: Reader, name: string): number => {
  const value = jsonMember(reader.object, name)
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value)
  throw wrong(reader, name, 'a whole number')
}

const items = <T>(reader: Reader, name: string, read: (item: Reader) => T): readonly T[] => {
  const value = jsonMember(reader.object, name)
  if (!Array.isArray(value)) throw wrong(reader, name, 'a list')
  const place = reader.place === '' ? name : `${reader.place}.${name}`
  return value.map((object: unknown, index) => read({ ...reader, object, place: `${place}[${index}]` }))
}

const readUser = (reader: Reader): DropUser => ({
  upn: text(reader, 'upn').toLowerCase(),
  objectId: optional(reader, 'objectId', text)?.toLowerCase(),
})

/** A kind that is not known could not be held against sessions: nothing is guessed. */
const readDrop = (reader: Reader): Drop => {
  const kind = kinds.find((known) => known === jsonMember(reader.object, 'kind'))
  if (!kind) throw wrong(reader, 'kind', `one of ${kinds.join(', ')}`)
  return {
    kind,
    value: text(reader, 'value').toLowerCase(),
    at: time(reader, 'at'),
    until: optional(reader, 'until', time),
    users: items(reader, 'users', readUser),
  }
}

/**
 * Reads a drop list from the document that a service sent, or a file keeps. Members that are not known are passed over; what
 * is missing or of another form makes it no list: an entry that is left out would end no session.
 * @throws what `refuse` makes.
 */
export const parseDropList = (document: unknown, refuse: Refuse): DropList => {
  const reader: Reader = { refuse, place: '', object: document }
  return {
    tenant: text(reader, 'tenant'),
    sequence: wholeNumber(reader, 'sequence'),
    hintSeconds: wholeNumber(reader, 'hintSeconds'),
    drops: items(reader, 'drops', readDrop),
  }
}
