import type { Tables } from '../../store/tables.ts'
import { ledgerTable, refusalsTable } from '../record/ledgerKey.ts'

/** A time, the beginning inclusive and the end not, so that periods follow each other without a gap. */
export interface Period {
  readonly since: Date | undefined
  readonly until: Date | undefined
}

/** Tells whether a moment is of a period. */
export const isWithin = (at: Date, { since, until }: Period): boolean =>
  (since === undefined || at >= since) && (until === undefined || at < until)

/** The daily tables of a period that are kept. */
export interface KeptTables {
  /** Oldest first. */
  readonly names: readonly string[]
  /** The oldest of its kind, of the period or not; undefined when there is none. */
  readonly oldest: string | undefined
  /** Whether the period begins before the oldest: what was recorded then is gone, if there was something. */
  readonly reachesBack: boolean
}

const hour = 3_600_000

/**
 * The longest that a token ends after it buys its certificate: it lives 28 hours at most. Clocks of its issuer that are
 * ahead make it a little more.
 */
const tokenMilliseconds = 29 * hour

/**
 * The longest that a token ends before it buys its certificate: a request waits for its turn after its token was checked.
 * An hour is far more than any request has.
 */
const waitMilliseconds = hour

const later = (time: Date, milliseconds: number): Date => new Date(time.getTime() + milliseconds)

const isDaily = (name: string): boolean => /^[a-z]+\d{8}$/.test(name)

interface Days {
  readonly prefix: string
  /** The table of the day on which the period begins. */
  readonly since: string | undefined
  /** The first and the last that can hold a row of the period. */
  readonly first: string | undefined
  readonly last: string | undefined
}

const keptOf = async (tables: Tables, { prefix, since, first, last }: Days): Promise<KeptTables> => {
  const all = (await tables.names(prefix)).filter(isDaily)
  const [oldest] = all
  return {
    names: all.filter((name) => (first ?? '') <= name && (last === undefined || name <= last)),
    oldest,
    reachesBack: since !== undefined && oldest !== undefined && since < oldest,
  }
}

/**
 * The tables that can hold what was issued in a period: a row is in the table of the day its token ends.
 * @throws {Refusal} `tables-unavailable`
 */
export const issuanceTables = (tables: Tables, { since, until }: Period): Promise<KeptTables> =>
  keptOf(tables, {
    prefix: 'ledger',
    since: since && ledgerTable(since),
    first: since && ledgerTable(later(since, -waitMilliseconds)),
    last: until && ledgerTable(later(until, tokenMilliseconds)),
  })

/** The tables that can hold what was refused in a period. @throws {Refusal} `tables-unavailable` */
export const refusalTables = (tables: Tables, { since, until }: Period): Promise<KeptTables> =>
  keptOf(tables, {
    prefix: 'refusals',
    since: since && refusalsTable(since),
    first: since && refusalsTable(since),
    last: until && refusalsTable(until),
  })
