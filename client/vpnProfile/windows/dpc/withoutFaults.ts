import { Refusal } from '../../../../lib/errors/refusal.ts'
import { type Found, foundIn } from '../../../agent/configurationFault.ts'
import { profileSchema } from '../../profileDocument.ts'
import { profileOf } from '../../profileOf.ts'
import { profileSense } from '../../profileSense.ts'
import type { Members } from './tunnelKeys.ts'

type Path = readonly PropertyKey[]

/** A part of a document that vpn.toml cannot have, and why. */
export interface Removed {
  readonly path: Path
  /** What is wrong in it, from the top. */
  readonly members: Path
  readonly value: unknown
  readonly why: string
}

const faultsOf = (document: Members): readonly Found[] => {
  const parsed = profileSchema.safeParse(document, { reportInput: true })
  return parsed.success
    ? profileSense(profileOf(parsed.data, { authorities: [], base: '/' }))
    : foundIn(parsed.error.issues)
}

const valueAt = (document: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, name) => (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[name],
    document,
  )

/** A filter or a rule goes as a whole: without one of its members it would be another one. Without a name or a server there is no tunnel. */
const removable = (document: Members, members: Path): Path | undefined => {
  const [top, second, member, index] = members
  if (top === 'server' && typeof member === 'number') return members.slice(0, 3)
  if (top !== 'tunnels' || second === undefined) return undefined
  const isVital = member === undefined || member === 'name' || member === 'servers'
  const path = members.slice(0, typeof index === 'number' ? 4 : 3)
  return isVital || valueAt(document, path) === undefined ? members.slice(0, 2) : path
}

const keyOf = (path: Path): string => JSON.stringify(path)

const without = (value: unknown, path: Path, removed: ReadonlySet<string>): unknown => {
  const isKept = (name: PropertyKey): boolean => !removed.has(keyOf([...path, name]))
  if (Array.isArray(value))
    return value.flatMap((one: unknown, index) =>
      isKept(index) ? [without(one, [...path, index], removed)] : [],
    )
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => isKept(name))
  return Object.fromEntries(kept.map(([name, one]) => [name, without(one, [...path, name], removed)]))
}

/** Names the members and tunnels that went before: without them nothing is left. */
const refuse = ({ members, reason }: Found, before: readonly Removed[]): Refusal => {
  const whole = before.filter(({ path }) => path.length <= 3)
  const causes = whole.map((one) => `${one.members.map(String).join('.')} ${one.why}`).join('; ')
  return new Refusal(
    'configuration-invalid',
    `Cannot make a vpn.toml of the export: ${members.map(String).join('.')} ${reason}${causes && ` (${causes})`}.`,
  )
}

/**
 * Takes out of a document what would be a fault in a vpn.toml, until nothing is one.
 * @param before what was taken out already.
 * @throws {Refusal} `configuration-invalid` where a fault is in what no vpn.toml goes without
 */
export const withoutFaults = (
  document: Members,
  before: readonly Removed[] = [],
): { readonly document: Members; readonly removed: readonly Removed[] } => {
  const faults = faultsOf(document)
  if (faults.length === 0) return { document, removed: before }
  const removed = faults.map((fault) => {
    const path = removable(document, fault.members)
    if (path === undefined) throw refuse(fault, before)
    return { path, members: fault.members, value: valueAt(document, path), why: fault.reason }
  })
  const keys = new Set(removed.map(({ path }) => keyOf(path)))
  return withoutFaults(without(document, [], keys) as Members, [...before, ...removed])
}
