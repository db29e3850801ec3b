import { X509Certificate } from 'node:crypto'
import { expect } from 'vitest'
import type { DeviceKey } from '../world.ts'
import type { FaultsToken, FaultsWorld } from './faultsWorld.ts'

/** What a client gets. */
export interface Reply {
  readonly status: number
  /** Of the problem; `ok` with a certificate. */
  readonly code: string
  /** DER. */
  readonly certificate: Buffer | undefined
}

/** A request of one key with one token, as often as it is sent. */
export interface FaultsRequest {
  readonly token: FaultsToken
  readonly key: DeviceKey
}

/** Sends a request, and holds what comes back to what must be true of every reply. */
export type Send = (request: FaultsRequest) => Promise<Reply>

/** An outage is told as one, with the time to ask again. */
const readProblem = async (response: Response): Promise<Reply> => {
  const { status, headers } = response
  expect(headers.get('content-type')).toBe('application/problem+json')
  const { type } = (await response.json()) as { readonly type: string }
  const code = type.replace('urn:mayfly:problem:', '')
  expect([401, 403, 409, 503], code).toContain(status)
  if (status === 503) expect(headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
  return { status, code, certificate: undefined }
}

/** Nothing leaves that the ledger does not hold, byte for byte, and for the key that asks. */
const checkRecorded = async (
  world: FaultsWorld,
  { token, key }: FaultsRequest,
  certificate: Buffer,
): Promise<void> => {
  const recorded = await world.rows(token)
  expect(recorded.map((row) => Buffer.from(row.certificate).toString('hex'))).toEqual([
    certificate.toString('hex'),
  ])
  const { publicKey } = new X509Certificate(certificate)
  expect(publicKey.export({ format: 'der', type: 'spki' }).equals(Buffer.from(key.spki))).toBe(true)
}

/** The CSR alone, or as JSON beside what the tenant wants to hear of the device. */
const bodyOf = async ({ source }: FaultsWorld, key: DeviceKey) => {
  const csr = Buffer.from(key.csr())
  if (!source) return { type: 'application/pkcs10', body: csr }
  const document = { csr: csr.toString('base64'), ...(await source.present(key)) }
  return { type: 'application/json', body: JSON.stringify(document) }
}

/** A client of the tenant. */
export const clientOf =
  (url: string, world: FaultsWorld): Send =>
  async ({ token, key }) => {
    const { type, body } = await bodyOf(world, key)
    const response = await fetch(`${url}/v1/${world.tenant}/certificates`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token.text}`,
        'content-type': type,
        accept: 'application/pkix-cert',
      },
      body,
    })
    if (response.status >= 300) return readProblem(response)
    const certificate = Buffer.from(await response.arrayBuffer())
    await checkRecorded(world, { token, key }, certificate)
    return { status: response.status, code: 'ok', certificate }
  }
