import type { CredentialStore, HeldCredential } from '../credential/credentialStore.ts'
import type { AgentState, LastError } from './agentState.ts'
import { believedAhead, type MachineTime } from './believedAhead.ts'
import { readState } from './readState.ts'
import { type Origin, whyAnother } from './whyAnother.ts'

/** What there is to say of a credential; times are RFC 3339. */
export interface CredentialStatus {
  readonly folder: string
  /**
   * `valid`; `foreign` where it is of another tenant or service than is wanted; `ended` or `not-begun` by the clock of the
   * service; `absent` without a certificate that fits its key.
   */
  readonly state: 'valid' | 'foreign' | 'ended' | 'not-begun' | 'absent'
  /** Why another one is due at once. */
  readonly whyAnother?: string
  readonly serialNumber?: string
  readonly notBefore?: string
  readonly notAfter?: string
  /** The next renewal, or the next attempt after a failure. */
  readonly nextAt?: string
  readonly clockAheadSeconds: number
  readonly lastError?: LastError
  readonly hookError?: string
}

const latest = (...times: readonly (string | undefined)[]): string | undefined =>
  times
    .filter((time) => time !== undefined)
    .toSorted((one, other) => Date.parse(one) - Date.parse(other))
    .at(-1)

/** What a folder holds, and what its agent remembers of it. */
export interface Known {
  readonly folder: string
  readonly held: HeldCredential | undefined
  readonly state: AgentState
  /** Where the certificate is to come from; nothing where nobody says. */
  readonly wanted?: Origin
}

/** Tells what is known of a credential. */
export const statusOf = (
  { folder, held, state: known, wanted = {} }: Known,
  machine: MachineTime,
): CredentialStatus => {
  const { clockAheadSeconds, lastError, hookError, retryAt } = known
  const isOfHeld = held?.serialNumber === known.serialNumber
  const why = isOfHeld ? whyAnother(known, wanted) : undefined
  const renewAt = isOfHeld && why === undefined ? known.renewAt : undefined
  const nextAt = latest(renewAt, lastError && retryAt)
  const common = {
    folder,
    clockAheadSeconds,
    ...(nextAt === undefined ? {} : { nextAt }),
    ...(lastError ? { lastError } : {}),
    ...(hookError === undefined ? {} : { hookError }),
    ...(why === undefined ? {} : { whyAnother: why }),
  }
  if (!held) return { ...common, state: 'absent' }
  const { serialNumber, notBefore, notAfter } = held
  const service = machine.now().getTime() + 1000 * believedAhead(known, machine)
  const hasBegun = service >= notBefore.getTime()
  return {
    ...common,
    state: !hasBegun ? 'not-begun' : service >= notAfter.getTime() ? 'ended' : why ? 'foreign' : 'valid',
    serialNumber,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
  }
}

/** Tells what is held and what its agent remembers. */
export const credentialStatus = async (
  {
    folder,
    store,
    ...wanted
  }: Origin & { readonly folder: string; readonly store: Pick<CredentialStore, 'held'> },
  machine: MachineTime,
): Promise<CredentialStatus> =>
  statusOf({ folder, held: await store.held(), state: readState(folder), wanted }, machine)
