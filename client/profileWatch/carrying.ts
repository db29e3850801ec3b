import type { AgentEvent } from '../agent/agentEvent.ts'
import type { AgentWorld } from '../agent/agentWorld.ts'
import type { Difference, ProfilePlace } from '../vpnProfile/profilePlace.ts'
import type { ProfileRecords } from './profileRecords.ts'
import type { ProfileRecord } from './watchState.ts'

/** What changes are carried out with. */
export interface Carrying {
  readonly place: ProfilePlace
  readonly folder: string
  /** Names of profiles that other watches manage. */
  readonly taken: readonly string[]
  readonly records: ProfileRecords
  readonly world: Pick<AgentWorld, 'now' | 'report'>
  readonly signal: AbortSignal
  /** Writes the records down. */
  readonly remember: () => Promise<void>
}

/** How each condition is told when it begins. */
const told = {
  current: { kind: 'profile-current', level: 'info' },
  waiting: { kind: 'profile-waiting', level: 'info' },
  held: { kind: 'profile-held', level: 'warning' },
  foreign: { kind: 'profile-foreign', level: 'warning' },
  mismatched: { kind: 'profile-mismatched', level: 'error' },
  failed: { kind: 'profile-failed', level: 'error' },
} as const satisfies Readonly<
  Record<Exclude<ProfileRecord['condition'], 'applying'>, Pick<AgentEvent, 'kind' | 'level'>>
>

type Told = Omit<ProfileRecord, 'since' | 'condition' | 'isBegun'> & { readonly condition: keyof typeof told }

/** Remembers a condition, and tells it where it is news. */
export const settle = (
  { records, world, folder }: Carrying,
  next: Told,
  facts: AgentEvent['facts'] = {},
): void => {
  const { name, condition, text } = next
  if (!records.set(next)) return
  const since = records.of(name)?.since ?? ''
  world.report({ ...told[condition], subject: folder, text, facts: { profile: name, since, ...facts } })
}

/** Names what differs, each once. */
export const settingsOf = (differences: readonly Difference[]): string =>
  [...new Set(differences.map(({ setting }) => setting))].join(', ')

/** Tells two differences apart by all that they say. */
export const keyOf = (differences: readonly Difference[]): string => JSON.stringify(differences)
