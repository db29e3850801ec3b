import { catalogue } from '../../lib/errors/catalogue.ts'
import type { Refusal } from '../../lib/errors/refusal.ts'
import type { AgentState, LastError } from './agentState.ts'
import { backOff } from './nextAction.ts'
import type { Happening } from './plannedState.ts'

const later = (time: Date, milliseconds: number): string =>
  new Date(time.getTime() + milliseconds).toISOString()

/** What passes by itself, or with the network, is no refusal: a stranger's certificate is what a hotel shows before one pays. */
const isRefusal = ({ status, code }: Refusal): boolean =>
  status < 500 && status !== 429 && code !== 'service-untrusted'

/** A fault of this machine, which the catalogue takes for one of the service. */
const localRemedy =
  'Look at what the detail names, such as a disk that is full or something in the way of a file; the agent tries again by itself.'

/** What to do about a refusal: the words of the policies that failed, where there are some. */
const remedyOf = ({ code, options: { failed, cause } }: Refusal): string => {
  if (code === 'fault' && cause !== undefined) return localRemedy
  const settings = failed?.settings?.map(({ setting, remedy }) => `${setting}: ${remedy}`) ?? []
  return settings.length > 0 ? settings.join('; ') : catalogue[code].remedy
}

const errorOf = (refusal: Refusal, before: LastError | undefined, at: string): LastError => ({
  code: refusal.code,
  detail: refusal.detail,
  remedy: remedyOf(refusal),
  isRefusal: isRefusal(refusal),
  since: before?.code === refusal.code ? before.since : at,
  at,
})

/** The state after an attempt that failed: what is held stays, and it is known when to try again. */
export const stateAfterFailure = (
  before: AgentState,
  refusal: Refusal,
  { now, chance, clockAheadSeconds, machineStartedAt }: Happening,
): AgentState & { readonly lastError: LastError } => {
  const lastError = errorOf(refusal, before.lastError, now.toISOString())
  // The first refusal begins its own series: failures of the network before it do not count.
  const failures = before.lastError?.isRefusal === lastError.isRefusal ? before.failures + 1 : 1
  const { retryAfterSeconds = 0 } = refusal.options
  const leftMilliseconds = before.notAfter === undefined ? 0 : Date.parse(before.notAfter) - now.getTime()
  const failure = { isRefusal: lastError.isRefusal, failures, retryAfterSeconds, leftMilliseconds }
  const pause = backOff(failure, chance)
  return {
    ...before,
    clockAheadSeconds,
    machineStartedAt,
    failures,
    retryAt: later(now, pause.milliseconds),
    askedUntil: pause.asked === 0 ? undefined : later(now, pause.asked),
    lastError,
  }
}
