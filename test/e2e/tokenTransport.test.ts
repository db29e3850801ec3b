import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { catalogue, type RefusalCode } from '../../lib/errors/catalogue.ts'
import { createCsr } from '../../client/credential/createCsr.ts'
import { encodePem } from '../../lib/x509/pemBlock.ts'
import { acceptedTransport, type Sending, transport } from '../vectors/token/transport.ts'
import { type LocalStack, startLocalStack } from './localStack.ts'

/** The most octets of the header. */
const limit = 16 * 1024

let stack: LocalStack
let csr: string

beforeAll(async () => {
  stack = await startLocalStack()
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  csr = encodePem('CERTIFICATE REQUEST', createCsr(privateKey, publicKey))
})

afterAll(() => stack.stop())

interface Answer {
  readonly status: number | undefined
  readonly document: Readonly<Record<string, unknown>>
}

/** Sends header lines as they are: fetch() would join or drop some. */
const send = ({
  headers,
  query = '',
  body: [type, text] = ['text/plain', csr],
}: Sending): Promise<Answer> => {
  const lines = [['host', new URL(stack.url).host], ['content-type', type], ...headers]
  const url = `${stack.url}/v1/contoso/certificates${query}`
  const options = {
    method: 'POST',
    headers: [...lines.flat(), 'content-length', String(Buffer.byteLength(text))],
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (response) => {
      const read = json(response) as Promise<Answer['document']>
      read.then((document) => resolve({ status: response.statusCode, document }), reject)
    })
    outgoing.once('error', reject).end(text)
  })
}

const bearer = (token: string): Sending => ({ headers: [['authorization', `Bearer ${token}`]] })

const expectRefusal = ({ status, document }: Answer, code: RefusalCode, detail = /./) => {
  expect(document).toMatchObject({
    type: `urn:mayfly:problem:${code}`,
    detail: expect.stringMatching(detail) as unknown,
  })
  expect(status).toBe(catalogue[code].status)
}

/** A good token of this many characters: padded in its Claims Set, and in its header where base64url skips a length. */
const tokenOf = async (characters: number): Promise<string> => {
  for (const x of ['', 'x', 'xx']) {
    const unpadded = (await stack.token({ pad: '' }, { x })).length
    for (let pad = Math.floor(((characters - unpadded) * 3) / 4) - 3; ; pad++) {
      const token = await stack.token({ pad: 'x'.repeat(pad) }, { x })
      if (token.length === characters) return token
      if (token.length > characters) break
    }
  }
  throw new Error(`There is no token of ${characters} characters.`)
}

describe('the transport corpus', () => {
  it('has every case, each under a name of its own', () => {
    expect([transport.length, acceptedTransport.length]).toEqual([38, 6])
    const names = [...transport, ...acceptedTransport].map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('POST /v1/{tenant}/certificates', () => {
  it.each(transport)('refuses $name, and the token is not spent by it', async (sent) => {
    const token = await stack.token()
    expectRefusal(await send(sent.send(token, await stack.token())), sent.code, sent.detail)
    // 201 and not 200: nothing was recorded for the token before.
    expect((await send(bearer(token))).status).toBe(201)
  })

  it.each(acceptedTransport)('accepts $name', async (sent) => {
    const token = await stack.token()
    expect((await send(sent.send(token, await stack.token()))).status).toBe(201)
    expect((await send(bearer(token))).status).toBe(200)
  })

  it('accepts a token that fills the header to 16 KiB and refuses one that has a character more', async () => {
    const refused = await send(bearer('x'.repeat(limit)))
    const [, octets] = /header has (\d+) octets/.exec(String(refused.document['detail'])) ?? []
    const most = 2 * limit - Number(octets)
    expect((await send(bearer(await tokenOf(most)))).status).toBe(201)
    expectRefusal(await send(bearer(await tokenOf(most + 1))), 'token-too-large', /has 16385 octets/)
  })

  it('accepts a token with 200 groups, as Entra makes them', async () => {
    const groups = Array.from({ length: 200 }, () => randomUUID())
    const token = await stack.token({ groups, pad: 'x'.repeat(1_100) })
    expect(token.length).toBeGreaterThan(12_400)
    expect((await send(bearer(token))).status).toBe(201)
  })
})
