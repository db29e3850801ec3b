import { type LoggedSignature, readKeyLogRecord } from './keyLogRecord.ts'
import { isWithin, type Period } from '../search/keptTables.ts'

export interface LogFilter {
  readonly period: Period
  /** The keys whose signatures count, as `LoggedKey` writes them. */
  readonly keys: ReadonlySet<string>
  /** Keys that the deployment has beside them: those of roots, and of tenants that are not looked at. */
  readonly otherKeys: ReadonlySet<string>
}

/** Counts the records of a log that were left aside, by reason. */
export type Ignored = Readonly<Record<string, number>>

/** The signatures of a log, and what else it holds. */
export interface LoggedSignatures {
  /** Records, with those that are not understood. */
  readonly records: number
  readonly notUnderstood: number
  /** The earliest and the latest record; undefined when none has a time. */
  readonly covers: { readonly from: Date; readonly until: Date } | undefined
  /** By correlation id, lower case, each in the order of the log. */
  readonly byId: ReadonlyMap<string, readonly LoggedSignature[]>
  readonly ignored: Ignored
  /** How often keys of the deployment signed that are no issuer's of the tenant. */
  readonly otherKeys: Ignored
  /** How often keys signed that no generation has. */
  readonly unknownKeys: Ignored
}

const tally = () => {
  const counts = new Map<string, number>()
  return {
    add: (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    all: (): Ignored => Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** Azure delivers a record once at least. */
const isSameRecord = (one: LoggedSignature, other: LoggedSignature): boolean =>
  one.time === other.time &&
  one.key === other.key &&
  one.version === other.version &&
  one.caller === other.caller

/** Collects the signatures of a log, whose records come one after the other; undefined stands for what is no record. */
export const collectSignatures = async (
  log: AsyncIterable<unknown>,
  filter: LogFilter,
): Promise<LoggedSignatures> => {
  const byId = new Map<string, LoggedSignature[]>()
  const [ignored, otherKeys, unknownKeys] = [tally(), tally(), tally()]
  let [records, notUnderstood, first, last] = [0, 0, Infinity, -Infinity]
  const take = (signature: LoggedSignature): void => {
    const known = byId.get(signature.correlationId)
    if (!filter.keys.has(signature.key))
      (filter.otherKeys.has(signature.key) ? otherKeys : unknownKeys).add(signature.key)
    else if (known?.some((one) => isSameRecord(one, signature))) ignored.add('logged twice')
    else if (known) known.push(signature)
    else byId.set(signature.correlationId, [signature])
  }
  for await (const value of log) {
    records += 1
    const record = readKeyLogRecord(value)
    if (record.kind === 'not understood') {
      notUnderstood += 1
      continue
    }
    first = Math.min(first, record.at.getTime())
    last = Math.max(last, record.at.getTime())
    if (!isWithin(record.at, filter.period)) ignored.add('outside the period')
    else if (record.kind === 'signature') take(record.signature)
    else ignored.add(record.kind)
  }
  const covers = first <= last ? { from: new Date(first), until: new Date(last) } : undefined
  const tallies = { ignored: ignored.all(), otherKeys: otherKeys.all(), unknownKeys: unknownKeys.all() }
  return { records, notUnderstood, covers, byId, ...tallies }
}
