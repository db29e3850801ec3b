import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enroll } from '../../../lib/enroll/enroll.ts'
import { readEnrollment } from '../../../lib/http/readEnrollment.ts'
import { requestOf } from '../../lib/http/request.ts'
import { createWorld, type World } from '../../world.ts'

const folder = new URL('./', import.meta.url)

/** Why some are refused; all others buy a certificate. */
const refused: Readonly<Record<string, RegExp>> = {
  'csr-beside-private-key.pem': /: a private key was sent, which is no longer secret: make a new one/,
  'csr-escaped-newlines.pem': /: it has a backslash and n in place of line ends\.$/,
  'csr-in-cmc.der': /: it is a PKCS#7 \(CMC\) message; send the PKCS#10 inside\.$/,
  'csr-in-pkcs7.der': /: it is a PKCS#7 \(CMC\) message; send the PKCS#10 inside\.$/,
  'csr-version-2.pem': /: its version is 2, not 0 \(v1\)\.$/,
}

const requests = readdirSync(folder).filter((file) => file.startsWith('csr-'))
const isText = (file: string) => !file.endsWith('.der')

/** Every way in which a client may send it: as octets, whatever they are called, and a text in JSON. */
const bodiesOf = (file: string): readonly (readonly [type: string, body: Uint8Array])[] => {
  const octets = readFileSync(new URL(file, folder))
  const json = Buffer.from(JSON.stringify({ csr: octets.toString('utf8') }))
  return [
    ['application/pkcs10', octets],
    ['text/plain', octets],
    ...(isText(file) ? ([['application/json', json]] as const) : []),
  ]
}

describe('a certification request of a real tool', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const send = async (type: string, body: Uint8Array) => {
    const authorization = `Bearer ${await world.issuer.token()}`
    const headers = { authorization, 'content-type': type }
    const params = { tenant: world.tenant }
    return enroll(readEnrollment(requestOf({ headers, params, body })), world.services)
  }

  it('is one of many', () => expect(requests).toHaveLength(22))

  it.each(requests.filter((file) => !refused[file]))('buys a certificate: %s', async (file) => {
    for (const [type, body] of bodiesOf(file)) expect((await send(type, body)).created).toBe(true)
  })

  it.each(Object.entries(refused))('is refused with words that say why: %s', async (file, why) => {
    for (const [type, body] of bodiesOf(file)) await expect(send(type, body)).toRefuse('csr-malformed', why)
  })
})
