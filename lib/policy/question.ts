import { addressOf, type IpAddress } from '../text/ipAddress.ts'
import type { Answer, Signal } from './signals/signal.ts'
import type { Signals } from './signals/signals.ts'

/** The signals of one request, with what is read of them once and not once a policy. */
export interface Facts {
  readonly signals: Signals
  readonly address: Signal<IpAddress>
  readonly groups: Signal<ReadonlySet<string>>
  readonly roles: Signal<ReadonlySet<string>>
}

const setOf = (values: Signal<readonly string[]>): Signal<ReadonlySet<string>> =>
  values ? new Set(values) : values

/** Reads signals for questions. A client's address that is none is unknown. */
export const factsOf = (signals: Signals): Facts => ({
  signals,
  address: typeof signals.clientIp === 'string' ? addressOf(signals.clientIp) : signals.clientIp,
  groups: setOf(signals.groups),
  roles: setOf(signals.roles),
})

/** Asks one thing of a request. Asking allocates nothing: there are many policies, and most do not apply. */
export type Question = (facts: Facts) => Answer

export const always: Question = () => 'yes'
export const never: Question = () => 'no'

/** Asks of a signal: unknown where it is unknown, no where there is none as a fact, else what the test says. */
export const askOf =
  <Value>(read: (facts: Facts) => Signal<Value>, test: (value: Value) => boolean): Question =>
  (facts) => {
    const value = read(facts)
    if (value === undefined) return 'unknown'
    return value !== null && test(value) ? 'yes' : 'no'
  }

/** Asks several questions: a yes decides, then an unknown. Those that are always answered no are left out. */
export const either = (questions: readonly Question[]): Question => {
  const asked = questions.filter((question) => question !== never)
  if (asked.includes(always)) return always
  const [only] = asked
  if (!only) return never
  if (asked.length === 1) return only
  return (facts) => {
    let answer: Answer = 'no'
    for (const question of asked) {
      const one = question(facts)
      if (one === 'yes') return one
      if (one === 'unknown') answer = one
    }
    return answer
  }
}

/** Asks two questions: a no decides, then an unknown. */
export const both =
  (first: Question, second: Question): Question =>
  (facts) => {
    const one = first(facts)
    if (one === 'no') return one
    const other = second(facts)
    return other === 'yes' ? one : other
  }

/** Asks the opposite. */
export const not =
  (question: Question): Question =>
  (facts) => {
    const answer = question(facts)
    if (answer === 'unknown') return answer
    return answer === 'yes' ? 'no' : 'yes'
  }
