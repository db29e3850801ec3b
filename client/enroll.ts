import { Refusal } from '../lib/errors/refusal.ts'
import { encodePem } from '../lib/x509/pemBlock.ts'
import { type ClientCertificate, verifyReply } from './clientCertificate.ts'
import { callService, checkServiceUrl, type ServiceCall } from './callService.ts'
import type { ClientKey } from './credential/clientKey.ts'

export interface EnrollOptions extends Pick<ServiceCall, 'ca' | 'attempts' | 'signal' | 'onAnswer'> {
  /** Base URL of the service: https, or http on this machine. */
  readonly url: string
  readonly tenant: string
  /** The compliance token, JWS compact serialization. */
  readonly token: string
  /** Made by the client and never sent. The same token and key may be used again after a crash. */
  readonly key: ClientKey
  /** A posture token about the device, JWS compact serialization. */
  readonly posture?: string | undefined
  /** An attestation token that is bound to the key, JWS compact serialization. */
  readonly attestation?: string | undefined
}

/** RFC 6750 section 2.1: b64token. Anything else, such as two lines, would not even get into the header. */
const checkToken = (token: string | undefined, name: string): void => {
  if (token === undefined || /^[\w.~+/-]+=*$/.test(token)) return
  throw new Refusal('usage-wrong', `Cannot enroll: the ${name} is empty or has characters that no token has.`)
}

/**
 * Enrolls: sends a compliance token and a CSR for the key, with what tells of the device, and checks what comes back.
 * @throws {Refusal} the one that the service told, `service-unavailable`, `service-answer-invalid` or `usage-wrong`
 */
export const enroll = async ({
  url,
  tenant,
  token,
  key,
  posture,
  attestation,
  ...sending
}: EnrollOptions): Promise<ClientCertificate> => {
  const base = checkServiceUrl(url)
  checkToken(token, 'token')
  checkToken(posture, 'posture token')
  checkToken(attestation, 'attestation token')
  const csr = encodePem('CERTIFICATE REQUEST', await key.makeCsr())
  const reply = await callService({
    url: new URL(`v1/${encodeURIComponent(tenant)}/certificates`, base),
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ csr, posture, attestation }),
    ...sending,
  })
  return verifyReply(reply, key.publicKey)
}
