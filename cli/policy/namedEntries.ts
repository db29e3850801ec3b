import type { GraphDocument } from '../../lib/policy/model/graphDocument.ts'
import type { Entry } from '../../lib/policy/model/parseGraphFile.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { parseUuid } from '../../lib/text/parseUuid.ts'
import { shownText } from '../../lib/terminal/shownText.ts'

/** A policy or a named location, as people and documents name it. */
interface Named {
  readonly id: string
  readonly displayName: string
}

/** Writes a name, and the id beside it where that is another: by either one a person or a document means it. */
export const nameWithId = ({ id, displayName }: Named): string =>
  id === displayName ? displayName : `${displayName} (${id})`

/** Pairs what is in force with its documents, which are in the same order. */
export const namedEntries = <Value extends Named>(
  values: readonly Value[],
  documents: readonly GraphDocument[],
): readonly Entry<Value>[] =>
  values.flatMap((value, index) => {
    const document = documents[index]
    return document ? [{ value, document }] : []
  })

/** Tells whether a document that is given stands for one in force: by its id, or by its name where one of them has no id. */
const isSame = (one: Entry<Named>, other: Entry<Named>): boolean => {
  if (one.value.id === other.value.id) return true
  const haveIds = one.document['id'] !== undefined && other.document['id'] !== undefined
  return !haveIds && one.value.displayName === other.value.displayName
}

/** Puts entries in the place of those that they stand for, and the others behind. @throws {Refusal} `policies-invalid` */
export const mergeEntries = <Value extends Named>(
  inForce: readonly Entry<Value>[],
  given: readonly Entry<Value>[],
): readonly Entry<Value>[] => {
  const refuse = ({ value }: Entry<Value>, why: string) =>
    new Refusal('policies-invalid', `Cannot add "${shownText(value.displayName)}": ${why}.`)
  const merged = [...inForce]
  for (const entry of given) {
    const [place, another] = inForce.flatMap((one, index) => (isSame(one, entry) ? [index] : []))
    if (another !== undefined) throw refuse(entry, 'several have the name, and it has no id')
    if (place !== undefined && merged[place] !== inForce[place])
      throw refuse(entry, 'another one that is given replaces the same')
    merged.splice(place ?? merged.length, place === undefined ? 0 : 1, entry)
  }
  return merged
}

/** Leaves out one, by its id or its name. @throws {Refusal} those of findNamed() */
export const withoutNamed = <Value extends Named>(
  entries: readonly Entry<Value>[],
  ...which: readonly [name: string, code: 'policy-unknown' | 'location-unknown']
): readonly Entry<Value>[] => {
  const found = findNamed(entries, ...which)
  return entries.filter((one) => one !== found)
}

/** Finds one by its id or its name. @throws {Refusal} of the code, or `usage-wrong` where several have the name */
export const findNamed = <Value extends Named>(
  entries: readonly Entry<Value>[],
  name: string,
  code: 'policy-unknown' | 'location-unknown',
): Entry<Value> => {
  const byId = entries.find(({ value }) => value.id === (parseUuid(name) ?? name))
  const [found, ...others] = byId ? [byId] : entries.filter(({ value }) => value.displayName === name)
  if (!found)
    throw new Refusal(code, `Cannot find ${shownText(JSON.stringify(name))}: none has this id or name.`)
  if (others.length === 0) return found
  const ids = [found, ...others].map(({ value }) => value.id).join(', ')
  throw new Refusal('usage-wrong', `Cannot tell which is meant: several have this name. Give an id: ${ids}.`)
}
