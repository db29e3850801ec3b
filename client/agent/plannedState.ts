import type { HeldCredential } from '../credential/credentialStore.ts'
import type { AgentState } from './agentState.ts'
import type { ClockDifference } from './believedAhead.ts'
import { momentOf, type RenewalWindow } from './nextAction.ts'

/** When something happened by the clock of the service, and the chance that times are chosen by. */
export interface Happening extends ClockDifference {
  readonly now: Date
  readonly chance: number
}

/** The state of a certificate that is held and that nothing was tried with yet: the moment of its renewal is chosen now. */
export const plannedState = (
  { serialNumber, notBefore, notAfter }: Pick<HeldCredential, 'serialNumber' | 'notBefore' | 'notAfter'>,
  window: RenewalWindow,
  { now, chance, clockAheadSeconds, machineStartedAt }: Happening,
): AgentState => ({
  version: 1,
  clockAheadSeconds,
  machineStartedAt,
  failures: 0,
  serialNumber,
  notBefore: notBefore.toISOString(),
  notAfter: notAfter.toISOString(),
  renewAt: momentOf(window, chance, now).toISOString(),
})
