import { checkRelyingParty, type RelyingParty } from '../reportAdoption.ts'
import { fetchDrops, type FetchedDrops } from './fetchDrops.ts'
import type { ServiceTime } from './standingDrops.ts'
import { confirmKeptDrops, isStale, type KeptDrops, readKeptDrops, writeKeptDrops } from './keptDrops.ts'

/** Whose drop list is followed, and where it is kept. */
export interface DropsOptions {
  /** Keeps the list across restarts; its folder exists. */
  readonly file: string
  readonly tenant: string
  readonly relyingParty: RelyingParty
  readonly now: () => Date
  /** Milliseconds by a clock that nobody sets. */
  readonly clock: () => number
}

/** What a look at the service came to. */
export type RefreshedDrops = FetchedDrops & {
  /** The code of the system's error, where the file could not be written: the list is obeyed until a restart all the same. */
  readonly notKept?: string | undefined
}

/** The drop list of a tenant as a server follows it: one process a file. */
export interface Drops {
  /** The latest list that is known, however old; undefined before the first. */
  readonly kept: KeptDrops | undefined
  /** What the service told of the time when it confirmed the list last; undefined where it told none, or not since the start. */
  readonly told: ServiceTime | undefined
  /**
   * Asks the service once. What fails leaves the list as it was, and so does an older one, unless nobody confirmed the list for
   * 5 minutes.
   * @throws {Refusal} as fetchDrops() does
   */
  refresh(signal?: AbortSignal): Promise<RefreshedDrops>
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown'

/** Does what a full disk may not let happen. @returns the code of the error, or undefined. */
const attempt = (act: Promise<void>): Promise<string | undefined> => act.then(() => undefined, codeOf)

/**
 * Opens the drop list of a tenant, with what a file keeps of it.
 * @throws {Refusal} `usage-wrong`
 */
export const openDrops = async ({ file, tenant, relyingParty, now, clock }: DropsOptions): Promise<Drops> => {
  checkRelyingParty(relyingParty)
  let kept = await readKeptDrops(file, tenant)
  let isWritten = kept !== undefined
  let told: ServiceTime | undefined

  const keep = async (next: KeptDrops): Promise<string | undefined> => {
    kept = next
    const confirmed = isWritten && (await attempt(confirmKeptDrops(file, next.confirmedAt))) === undefined
    const notKept = confirmed ? undefined : await attempt(writeKeptDrops(file, next))
    isWritten = notKept === undefined
    return notKept
  }

  return {
    get kept() {
      return kept
    },
    get told() {
      return told
    },
    async refresh(signal) {
      // Before the answer: the list is as old as the question.
      const confirmedAt = now()
      let time: Date | undefined
      const fetched = await fetchDrops({
        tenant,
        relyingParty,
        kept,
        // No instance is behind for minutes: the service was restored, or the kept list was forged.
        mayGoBack: isStale(kept, confirmedAt),
        attempts: 1,
        signal,
        onTime: (heard) => (time = heard),
      })
      if (fetched.kind === 'changed') isWritten = false
      const current = { changed: fetched, same: kept, older: undefined }[fetched.kind]
      if (!current || !('list' in current)) return fetched
      const { list, etag } = current
      told = time && { time, clock: clock() }
      return { ...fetched, notKept: await keep({ list, etag, confirmedAt }) }
    },
  }
}
