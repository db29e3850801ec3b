import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { Refusal } from '../lib/errors/refusal.ts'
import { encodeCsr, encodeCsrInfo } from '../lib/x509/encodeCsr.ts'
import { encodeSequence } from '../lib/x509/encodeElement.ts'
import { encodePem } from '../lib/x509/pemBlock.ts'
import { type ClientCertificate, verifyReply } from './clientCertificate.ts'
import { callService, checkServiceUrl } from './callService.ts'

export interface EnrollOptions {
  /** Base URL of the service: https, or http on this machine. */
  readonly url: string
  readonly tenant: string
  /** The compliance token, JWS compact serialization. */
  readonly token: string
  /** EC P-256 private key, made by the client and never sent. The same token and key may be used again after a crash. */
  readonly privateKey: KeyObject
  /** A posture token about the device, JWS compact serialization. */
  readonly posture?: string | undefined
  /** An attestation token that is bound to the key, JWS compact serialization. */
  readonly attestation?: string | undefined
  /** PEM of the authorities to trust for https instead of the system's. */
  readonly ca?: string | undefined
}

/** RFC 6750 section 2.1: b64token. Anything else, such as two lines, would not even get into the header. */
const checkToken = (token: string | undefined, name: string): void => {
  if (token === undefined || /^[\w.~+/-]+=*$/.test(token)) return
  throw new Refusal('usage-wrong', `Cannot enroll: the ${name} is empty or has characters that no token has.`)
}

/**
 * Makes the certification request of a client's P-256 key, with an empty subject: the CA takes the key and nothing else.
 * @returns DER CertificationRequest.
 */
export const createCsr = (privateKey: KeyObject, publicKey: KeyObject): Uint8Array => {
  const subjectPublicKeyInfo = publicKey.export({ format: 'der', type: 'spki' })
  const info = encodeCsrInfo({ subject: encodeSequence(), subjectPublicKeyInfo, extensions: [] })
  return encodeCsr(info, 'ES256', sign('sha256', info, privateKey))
}

/**
 * Enrolls: sends a compliance token and a CSR for the key, with what tells of the device, and checks what comes back.
 * @throws {Refusal} the one that the service told, `service-unavailable`, `service-answer-invalid` or `usage-wrong`
 */
export const enroll = async ({
  url,
  tenant,
  token,
  privateKey,
  posture,
  attestation,
  ca,
}: EnrollOptions): Promise<ClientCertificate> => {
  const base = checkServiceUrl(url)
  checkToken(token, 'token')
  checkToken(posture, 'posture token')
  checkToken(attestation, 'attestation token')
  const publicKey = createPublicKey(privateKey)
  const csr = encodePem('CERTIFICATE REQUEST', createCsr(privateKey, publicKey))
  const reply = await callService({
    url: new URL(`v1/${encodeURIComponent(tenant)}/certificates`, base),
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ csr, posture, attestation }),
    ca,
  })
  return verifyReply(reply, publicKey)
}
