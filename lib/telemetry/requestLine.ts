import type { StageName } from './trace.ts'

/** How long each stage that a request came through took, in milliseconds; the sum, if it came through one twice. */
export type StageMilliseconds = Readonly<Partial<Record<StageName, number>>>

/** What the one log line of a request says. No token, CSR, key or user name is ever among it. */
export interface RequestLine {
  readonly invocationId: string
  readonly function: string
  /** A syntactically valid tenant id, else empty. */
  readonly tenant: string
  readonly status: number
  /** `ok`, or the code of the refusal. */
  readonly code: string
  readonly milliseconds: number
  /** Those that had ended when the request was answered; stages that overlap add up to more than the whole. */
  readonly stages: StageMilliseconds
  /** The UUID that the key was given with what it signed for the request; absent where it bought nothing. */
  readonly requestId?: string
  /** The id under which the key's own log shows that signature; absent for a local key as well. */
  readonly vaultRequestId?: string
  /** Why a part did not answer, or where a fault arose; absent on ordinary requests. */
  readonly cause?: string
}

const maxCauseCharacters = 1_000

/** Causes may form a circle. */
const maxCauses = 8

const oneLine = (error: unknown, depth = 1): string => {
  if (!(error instanceof Error)) return typeof error
  const isLast = error.cause === undefined || depth === maxCauses
  return `${error.name}: ${error.message}${isLast ? '' : ` <- ${oneLine(error.cause, depth + 1)}`}`
}

/** Tells what a fault or outage was in one bounded line: names and messages, without request bodies. */
export const describeCause = (error: unknown): string =>
  oneLine(error).replaceAll(/\s+/g, ' ').slice(0, maxCauseCharacters)

/** Formats the line as JSON, so that a log query needs no parser of its own. */
export const formatRequestLine = (line: RequestLine): string => JSON.stringify(line)
