import { type TokenBucket, tokenBucket } from '../../admission/tokenBucket.ts'
import { type Deadline, tablesLate } from '../../deadline/deadline.ts'
import type { Tables } from '../../store/tables.ts'
import { refusalsTable, subjectPartition } from './ledgerKey.ts'
import { type RefusalEntry, refusalValues } from './refusalEntry.ts'

/** Gives the record its tables, its time and its listener. */
export interface RefusalsOptions {
  readonly tables: Tables
  /** Milliseconds of any clock. */
  readonly clock: () => number
  /** Told of each refusal that was not recorded: there were too many, or the tables did not answer in time. */
  readonly onUnrecorded: (tenant: string) => void
}

/** The record of refusals: best effort, and bounded, so that a storm of them does no harm. */
export interface Refusals {
  /** Records a refusal, as long as there is time; never throws. */
  record(tenant: string, entry: Omit<RefusalEntry, 'suppressed'>, deadline: Deadline): Promise<void>
}

/** Of each tenant and instance. */
const recorded = { capacity: 50, perSecond: 5 }

/** Of each subject within it: whoever has one token cannot crowd out what happens to others. */
const recordedOfSubject = { capacity: 10, perSecond: 0.2 }

/** How many subjects of a tenant are told apart; who was first is forgotten first. */
const maxSubjects = 1_000

interface Share {
  readonly mayRecord: TokenBucket
  readonly ofSubjects: Map<string, TokenBucket>
  suppressed: number
}

/** Row keys are in the order of time; the UUID tells refusals of one millisecond apart. */
const rowOf = ({ at, invocationId }: Pick<RefusalEntry, 'at' | 'invocationId'>): string =>
  `${at.toISOString()}~${invocationId}`

/** Keeps refusals in daily tables. */
export const refusalsOf = (options: RefusalsOptions): Refusals => {
  const { tables, clock, onUnrecorded } = options
  const shares = new Map<string, Share>()
  const shareOf = (tenant: string): Share => {
    const mayRecord = tokenBucket({ ...recorded, clock })
    const share = shares.get(tenant) ?? { mayRecord, ofSubjects: new Map(), suppressed: 0 }
    shares.set(tenant, share)
    return share
  }
  const mayRecordSubject = ({ ofSubjects }: Share, subject: string): boolean => {
    const bucket = ofSubjects.get(subject) ?? tokenBucket({ ...recordedOfSubject, clock })
    ofSubjects.set(subject, bucket)
    const [oldest] = ofSubjects.keys()
    if (ofSubjects.size > maxSubjects && oldest !== undefined) ofSubjects.delete(oldest)
    return bucket()
  }
  const insert = async (tenant: string, entry: RefusalEntry, deadline: Deadline): Promise<void> => {
    const { tokenIssuer: issuer, subject } = entry
    const row = {
      partition: subjectPartition({ tenant, issuer, subject }),
      row: rowOf(entry),
      values: refusalValues(entry),
    }
    const inserted = tables.insert(refusalsTable(entry.at), row, deadline.signal)
    await deadline.within(inserted, tablesLate)
  }
  const skip = (tenant: string, count: number): void => {
    shareOf(tenant).suppressed += count
    onUnrecorded(tenant)
  }
  return {
    async record(tenant, entry, deadline) {
      const share = shareOf(tenant)
      const subject = `${entry.tokenIssuer} ${entry.subject}`
      if (!mayRecordSubject(share, subject) || !share.mayRecord()) return skip(tenant, 1)
      const { suppressed } = share
      share.suppressed = 0
      try {
        await insert(tenant, { ...entry, suppressed }, deadline)
      } catch {
        skip(tenant, 1 + suppressed)
      }
    },
  }
}
