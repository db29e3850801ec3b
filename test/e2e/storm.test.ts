import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeDeviceKey } from '../world.ts'
import { type LocalStack, startLocalStack } from './localStack.ts'

const storm = 500

let stack: LocalStack
/** Of 500 keys. To make them takes seconds in which this process, which also serves, would not see connections grow too old. */
let csrs: readonly Uint8Array[]

beforeAll(async () => {
  // The machine may be busy with other tests.
  vi.stubEnv('MAYFLY_REQUEST_SECONDS', '60')
  csrs = Array.from({ length: storm }, () => makeDeviceKey().csr())
  stack = await startLocalStack()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await stack.stop()
})

/** Sends requests with one token, all at once. */
const send = async (token: string, requests: readonly Uint8Array[]) =>
  Promise.all(
    requests.map(async (csr) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/pkcs10' }
      const body = Buffer.from(csr)
      const response = await fetch(`${stack.url}/v1/contoso/certificates`, { method: 'POST', headers, body })
      return { status: response.status, text: await response.text() }
    }),
  )

const count = <T>(values: readonly T[], value: T): number => values.filter((one) => one === value).length

describe('500 requests at once with one token, over HTTP,', () => {
  it('and one key get the same octets, and one of them is told that it was made for it', async () => {
    const key = makeDeviceKey()
    const replies = await send(
      await stack.token(),
      Array.from({ length: storm }, () => key.csr()),
    )
    const statuses = replies.map(({ status }) => status)
    expect([count(statuses, 201), count(statuses, 200)]).toEqual([1, storm - 1])
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1)
  })

  it('and 500 keys: one gets a certificate, 499 are told that the token is spent on another key', async () => {
    const replies = await send(await stack.token(), csrs)
    const statuses = replies.map(({ status }) => status)
    expect([count(statuses, 201), count(statuses, 409)]).toEqual([1, storm - 1])
    const types = replies.map(({ text }) => /urn:mayfly:problem:[a-z-]+/.exec(text)?.[0])
    expect(new Set(types)).toEqual(new Set([undefined, 'urn:mayfly:problem:token-replayed']))
  })
})
