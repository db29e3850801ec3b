import { setTimeout as sleep } from 'node:timers/promises'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { type Finding, type FindingId, type Found, notChecked, problem } from './finding.ts'

type Answer = Found | readonly Found[]

/** Asks one question about a deployment, a client or a server, and changes nothing. */
export interface Check {
  /** Also names what is told when the question fails as a whole. */
  readonly id: FindingId
  readonly subject?: string
  readonly ask: () => Answer | Promise<Answer>
}

/**
 * Makes a check of each question about one thing; a question that does not apply finds nothing.
 * @param subject names the thing where there are several.
 */
export const checksOf = <T>(
  about: T,
  questions: Readonly<Partial<Record<FindingId, (about: T) => ReturnType<Check['ask']>>>>,
  subject?: string,
): readonly Check[] =>
  Object.entries(questions).map(([id, ask]) => ({
    id: id as FindingId,
    ...(subject === undefined ? {} : { subject }),
    ask: () => ask(about),
  }))

/** Tells that a check needs what another one, named by the message, has found broken. */
class Blocked extends Error {
  override readonly name = 'Blocked'
}

/** Takes what a check depends on. Where that fails, the check `by` tells why, and this one is not made. */
export const dependOn = async <T>(by: FindingId, get: () => Promise<T> | T): Promise<T> => {
  try {
    return await get()
  } catch {
    throw new Blocked(by)
  }
}

/** Makes a check wait for another one that it needs, and not be made where that found no way. */
export const dependOnFound = async (by: FindingId, found: () => Promise<Found>): Promise<void> =>
  dependOn(by, async () => {
    const { status, detail } = await found()
    if (status === 'problem') throw new Error(detail)
  })

const describeFault = (error: unknown): string =>
  error instanceof Error
    ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}`
    : String(error)

const failed = (error: unknown): Found => {
  if (error instanceof Blocked)
    return notChecked(`this needs what ${error.message} is about`, `Mend ${error.message} first.`)
  if (error instanceof Refusal) return problem(error.detail, catalogue[error.code].remedy)
  const remedy = 'Whoever else can write there may have changed it: compare it with a backup.'
  return problem(describeFault(error).slice(0, 300), remedy)
}

const answerOf = async ({ ask }: Check): Promise<Answer> => {
  try {
    return await ask()
  } catch (error) {
    return failed(error)
  }
}

const tooLate = async (limitMilliseconds: number): Promise<Found> => {
  await sleep(limitMilliseconds, undefined, { ref: false })
  const remedy = 'See whether what it asks is up, and whether this machine reaches it.'
  return problem(`no answer within ${limitMilliseconds / 1000} s`, remedy)
}

/**
 * Makes checks at the same time, each within a limit of its own; what becomes of one keeps no other from being told.
 * @returns what they found, in the order of the checks.
 */
export const makeChecks = async (
  checks: readonly Check[],
  { tenant, limitMilliseconds }: { readonly tenant?: string; readonly limitMilliseconds: number },
): Promise<readonly Finding[]> => {
  const found = await Promise.all(
    checks.map(async (check) => {
      const { id, subject } = check
      const answer = await Promise.race([answerOf(check), tooLate(limitMilliseconds)])
      return [answer].flat().map((one) => ({ id, tenant, subject, ...one }))
    }),
  )
  return found.flat()
}
