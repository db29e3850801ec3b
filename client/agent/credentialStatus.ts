import { credentialFolder } from '../credential/credentialFolder.ts'
import type { CredentialStore } from '../credential/credentialStore.ts'
import type { LastError } from './agentState.ts'
import { stateFile } from './stateFile.ts'

/** What there is to say of a credential; times are RFC 3339. */
export interface CredentialStatus {
  readonly folder: string
  /** `valid`; `ended` or `not-begun` by the clock of the service; `absent` without a certificate that fits its key. */
  readonly state: 'valid' | 'ended' | 'not-begun' | 'absent'
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

/** Tells what a folder holds and what its agent remembers. */
export const credentialStatus = async (
  folder: string,
  now: Date,
  store: Pick<CredentialStore, 'held'> = credentialFolder(folder),
): Promise<CredentialStatus> => {
  const [held, known] = [await store.held(), await stateFile(folder).read()]
  const { clockAheadSeconds, lastError, hookError, retryAt } = known
  const isOfHeld = held?.serialNumber === known.serialNumber
  const nextAt = latest(isOfHeld ? known.renewAt : undefined, lastError && retryAt)
  const service = now.getTime() + clockAheadSeconds * 1000
  const common = {
    folder,
    clockAheadSeconds,
    ...(nextAt === undefined ? {} : { nextAt }),
    ...(lastError ? { lastError } : {}),
    ...(hookError === undefined ? {} : { hookError }),
  }
  if (!held) return { ...common, state: 'absent' }
  const { serialNumber, notBefore, notAfter } = held
  const hasBegun = service >= notBefore.getTime()
  return {
    ...common,
    state: !hasBegun ? 'not-begun' : service < notAfter.getTime() ? 'valid' : 'ended',
    serialNumber,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
  }
}
