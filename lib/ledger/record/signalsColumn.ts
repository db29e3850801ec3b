import type { Signals } from '../../policy/signals/signals.ts'

/** One proof of a compliant device and what it came to, as rows had it before there were policies. */
export interface SignalRecord {
  /** `claim device_compliant` or `authentication context c1 (<Entra policy>)`. */
  readonly proof: string
  readonly signal: 'proven' | 'disproven' | 'unknown'
}

/** Lists that may be long. */
const lists = [
  'groups',
  'roles',
  'device',
  'authenticationMethods',
  'authenticationContexts',
  'facts',
] as const
type List = (typeof lists)[number]

/** All that a decision rested on, but for lists that were too long for a row. */
export interface KeptSignals extends Signals {
  readonly omitted?: readonly List[]
}

/** All that a row tells of its decision: the signals; or proofs, in rows of older versions; none where nothing was decided. */
export type RecordedSignals = KeptSignals | readonly SignalRecord[]

/** Tells whether a decision can be made again from what a row holds. */
export const isSignals = (recorded: RecordedSignals): recorded is KeptSignals => !Array.isArray(recorded)

/**
 * Bounds what a row holds: a property has 32 K UTF-16 units. A token with the 200 groups that Entra writes takes a third; one
 * that fills its header fits, unless a mapping reads a long claim several times.
 */
const mostCharacters = 30_000

const sizeOf = (signals: Signals, list: List): number => JSON.stringify(signals[list] ?? null).length

const longestOf = (signals: Signals): List =>
  lists.reduce((longest, list) => (sizeOf(signals, list) > sizeOf(signals, longest) ? list : longest))

/** Leaves out the longest lists, and says so: a shortened one would tell of who is in no group. */
const bounded = (signals: KeptSignals): KeptSignals => {
  if (JSON.stringify(signals).length <= mostCharacters) return signals
  const list = longestOf(signals)
  return bounded({ ...signals, [list]: undefined, omitted: [...(signals.omitted ?? []), list] })
}

const parse = (text: string): RecordedSignals => {
  const recorded = JSON.parse(text) as RecordedSignals
  if (Array.isArray(recorded) || (isSignals(recorded) && recorded.version === 1)) return recorded
  throw new Error('A row has signals of another version.')
}

/** Stores signals as JSON; what is unknown is left out. */
export const signalsColumn = {
  write: (recorded: RecordedSignals): string =>
    JSON.stringify(isSignals(recorded) ? bounded(recorded) : recorded),
  read: (value: unknown): RecordedSignals => parse(typeof value === 'string' ? value : '[]'),
}
