import { setTimeout as sleep } from 'node:timers/promises'
import { catalogue } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Finding, FindingId, Found } from './finding.ts'

/** One question about a deployment. Changes nothing. */
export interface Check {
  /** What is told when it fails as a whole. */
  readonly id: FindingId
  readonly tenant?: string
  readonly subject?: string
  readonly run: () => Promise<readonly Found[]> | readonly Found[]
}

/** A check cannot be made before something else is mended, which its own finding tells. */
class Blocked extends Error {
  override readonly name = 'Blocked'
  readonly by: FindingId

  constructor(by: FindingId) {
    super(`It needs ${by}.`)
    this.by = by
  }
}

/** What a check rests on: where that fails, the finding of another check says why. */
export const resting = async <T>(by: FindingId, fact: () => Promise<T> | T): Promise<T> => {
  try {
    return await fact()
  } catch {
    throw new Blocked(by)
  }
}

const describeFault = (error: unknown): string =>
  error instanceof Error
    ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}`
    : String(error)

const failed = ({ id, subject }: Check, error: unknown): Found => {
  const about = { id, ...(subject === undefined ? {} : { subject }) }
  if (error instanceof Blocked)
    return {
      ...about,
      status: 'not checked',
      detail: `this needs what ${error.by} is about`,
      remedy: `Mend ${error.by} first.`,
    }
  if (error instanceof Refusal)
    return { ...about, status: 'problem', detail: error.detail, remedy: catalogue[error.code].remedy }
  return {
    ...about,
    status: 'problem',
    detail: describeFault(error).slice(0, 300),
    remedy: 'Whoever else can write there may have changed it: compare it with a backup.',
  }
}

const tooLate = async ({ id, subject }: Check, limitMilliseconds: number): Promise<readonly Found[]> => {
  await sleep(limitMilliseconds, undefined, { ref: false })
  const detail = `no answer within ${limitMilliseconds / 1000} s`
  const remedy = 'See whether what it asks is up, and whether this machine reaches it.'
  return [{ id, ...(subject === undefined ? {} : { subject }), status: 'problem', detail, remedy }]
}

const made = async (check: Check): Promise<readonly Found[]> => {
  try {
    return await check.run()
  } catch (error) {
    return [failed(check, error)]
  }
}

/**
 * Makes checks at the same time, each within a limit of its own; what becomes of one keeps no other from being told.
 * @returns what they found, in the order of the checks.
 */
export const makeChecks = async (
  checks: readonly Check[],
  limitMilliseconds: number,
): Promise<readonly Finding[]> => {
  const found = await Promise.all(
    checks.map((check) => Promise.race([made(check), tooLate(check, limitMilliseconds)])),
  )
  return found.flatMap((some, index) => some.map((one) => ({ ...one, tenant: checks[index]?.tenant })))
}
