import type { ClientCertificate } from '../clientCertificate.ts'
import type { CredentialStore } from '../credential/credentialStore.ts'
import { enroll, type EnrollOptions } from '../enroll.ts'
import { answerChallenge } from '../token/answerChallenge.ts'
import type { ReadDeviceTokens } from '../token/deviceTokens.ts'
import type { TokenSource } from '../token/tokenSource.ts'

/** What it takes to get a certificate. */
export interface Obtaining extends Omit<EnrollOptions, 'token' | 'key' | 'posture' | 'attestation'> {
  readonly token: TokenSource
  readonly readDeviceTokens: ReadDeviceTokens
  readonly store: Pick<CredentialStore, 'pendingKey' | 'accept'>
  readonly isInteractive: boolean
  /** Does what comes before the token is spent. */
  readonly onReady?: () => Promise<void>
}

const never = new AbortController().signal

/**
 * Gets a certificate for the next key of a store and puts both into use. A challenge goes to the token source, once.
 * @throws {Refusal} those of the sources, of the store, and of enroll()
 */
export const obtainCertificate = async (obtaining: Obtaining): Promise<ClientCertificate> => {
  const { token, readDeviceTokens, store, isInteractive, onReady, ...sending } = obtaining
  const signal = sending.signal ?? never
  const first = await token.get({ isInteractive }, signal)
  const key = await store.pendingKey()
  const evidence = await readDeviceTokens(key, signal)
  await onReady?.()
  const enrollWith = (one: string) => enroll({ ...sending, ...evidence, token: one, key })
  const certificate = await enrollWith(first).catch(async (error: unknown) =>
    enrollWith(await answerChallenge(token, error, { isInteractive, signal })),
  )
  await store.accept(certificate, key)
  return certificate
}
