import { checkServiceUrl } from '../callService.ts'
import type { ClientCertificate } from '../clientCertificate.ts'
import type { CredentialStore, Settling } from '../credential/credentialStore.ts'
import { enroll, type EnrollOptions } from '../enroll.ts'
import { reachService } from '../reachService.ts'
import { answerChallenge } from '../token/answerChallenge.ts'
import type { ReadDeviceTokens } from '../token/deviceTokens.ts'
import type { TokenSource } from '../token/tokenSource.ts'

/** What it takes to get a certificate. */
export interface Obtaining extends Omit<EnrollOptions, 'token' | 'key' | 'posture' | 'attestation'> {
  readonly token: TokenSource
  readonly readDeviceTokens: ReadDeviceTokens
  readonly store: Pick<CredentialStore, 'settle' | 'pendingKey' | 'accept'>
  readonly now: Date
  readonly isInteractive: boolean
  /** Has the folder to itself while it changes; left out where whoever calls has it. */
  readonly exclusively?: Settling['exclusively']
  /** Does what comes before the token is spent. */
  readonly onReady?: () => Promise<void>
}

const never = new AbortController().signal

/** Puts what a crash left into use, unless it is due for renewal. */
const settled = async (
  store: Pick<CredentialStore, 'settle'>,
  settling: Settling,
): Promise<ClientCertificate | undefined> => {
  const left = await store.settle(settling)
  return left && Date.parse(left.renewal.start) > settling.now.getTime() ? left : undefined
}

/**
 * Gets a certificate for the next key of a store and puts both into use. A challenge goes to the token source, once. Where a
 * crash, or a store that did not take it, left one that is good, that is put into use and no token is asked for.
 * @throws {Refusal} those of the sources, of the store, and of enroll()
 */
export const obtainCertificate = async (obtaining: Obtaining): Promise<ClientCertificate> => {
  const { token, readDeviceTokens, store, now, isInteractive, onReady, ...more } = obtaining
  const { exclusively = (act) => act(), ...sending } = more
  const { url, ca, signal = never } = sending
  const left = await settled(store, { now, exclusively })
  if (left) {
    await onReady?.()
    return left
  }
  // Nobody is to sign in, nor a program to run, for a token that would be too old when it can be sent. A file costs nothing.
  if (token.kind !== 'file') await reachService({ url: checkServiceUrl(url), ca, signal })
  const first = await token.get({ isInteractive }, signal)
  // Somebody may have signed in for it, which takes minutes: nobody waits for that.
  return exclusively(async () => {
    const key = await store.pendingKey()
    const evidence = await readDeviceTokens(key, signal)
    await onReady?.()
    const enrollWith = (one: string) => enroll({ ...sending, ...evidence, token: one, key })
    const certificate = await enrollWith(first).catch(async (error: unknown) =>
      enrollWith(await answerChallenge(token, error, { isInteractive, signal })),
    )
    await store.accept(certificate, key)
    return certificate
  })
}
