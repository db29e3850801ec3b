import { describe, expect, it } from 'vitest'
import { readAdoption } from '../../../lib/http/readAdoption.ts'
import { requestOf } from './request.ts'

const sha256 = '0123456789abcdef'.repeat(4)
const fingerprint = sha256.toUpperCase().replaceAll(/..(?!$)/g, '$&:')
const secret = 'canary-_secret'

const basic = (credential: string) => `Basic ${Buffer.from(credential).toString('base64')}`

interface Sending {
  readonly authorization?: string | undefined
  readonly type?: string | undefined
  readonly coding?: string
  readonly length?: string
  readonly transfer?: string
  readonly body?: string | Uint8Array
}

/** Reads a report that is good but for what a test changes. */
const read = async (changes: Sending = {}) => {
  const good = { authorization: basic(`vpn-1:${secret}`), type: 'application/json' }
  const {
    authorization,
    type,
    coding,
    length,
    transfer,
    body = JSON.stringify({ sha256 }),
  } = { ...good, ...changes }
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(coding === undefined ? {} : { 'content-encoding': coding }),
    ...(length === undefined ? {} : { 'content-length': length }),
    ...(transfer === undefined ? {} : { 'transfer-encoding': transfer }),
  }
  const { readSha256, ...rest } = readAdoption(requestOf({ headers, params: { tenant: 'contoso' }, body }))
  return { ...rest, sha256: await readSha256() }
}

describe('readAdoption()', () => {
  it('takes tenant, name, secret and digest off the request', async () => {
    expect(await read()).toEqual({ tenant: 'contoso', name: 'vpn-1', secret, sha256 })
  })

  it.each([
    ['a scheme in lower case', { authorization: basic(`vpn-1:${secret}`).replace('Basic', 'basic') }],
    ['more spaces', { authorization: ` ${basic(`vpn-1:${secret}`).replace(' ', '   ')} ` }],
    ['a charset', { type: 'Application/JSON; charset=utf-8' }],
    ['white space in the JSON', { body: `\r\n{ "sha256" :\t"${sha256}" }\n` }],
    ['a byte order mark', { body: `\uFEFF${JSON.stringify({ sha256 })}` }],
    ['octets', { body: Buffer.from(JSON.stringify({ sha256 })) }],
    ['members of a later version', { body: JSON.stringify({ sha256, sequence: 1 }) }],
    ['another way of writing the digest', { body: JSON.stringify({ sha256: fingerprint }) }],
    ['a byte order mark', { body: `\uFEFF${JSON.stringify({ sha256 })}` }],
    ['an escape', { body: `{"\\u0073ha256": "${sha256}"}` }],
    ['the content coding that is none', { coding: 'identity' }],
  ])('takes %s', async (_, changes) => {
    expect(await read(changes)).toMatchObject({ name: 'vpn-1', secret, sha256 })
  })

  it('splits name and secret at the first colon, RFC 7617', async () => {
    expect(await read({ authorization: basic('vpn-1:a:b:') })).toMatchObject({
      name: 'vpn-1',
      secret: 'a:b:',
    })
    expect(await read({ authorization: basic(':') })).toMatchObject({ name: '', secret: '' })
  })

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['another scheme', 'Bearer dnBuOng='],
    ['no credential', 'Basic '],
    ['what is no base64', 'Basic !!'],
    ['base64url', `Basic ${Buffer.from('vpn-1:??>').toString('base64url')}-_`],
    ['a credential without a colon', basic('vpn-1')],
    ['a secret of two lines', basic(`vpn-1:${secret}\n`)],
    ['two headers, joined', `${basic('a:b')}, ${basic('c:d')}`],
    ['too long a credential', basic(`vpn-1:${'x'.repeat(400)}`)],
  ])('refuses %s', async (_, authorization) => {
    await expect(read({ authorization })).toRefuse(
      'relying-party-refused',
      /^Cannot tell which relying party asks: /,
    )
  })

  it.each([
    undefined,
    '',
    'text/plain',
    'application/json-patch+json',
    'application/x-www-form-urlencoded',
    'application/json, application/json',
    'application/json; charset=utf-16',
  ])('refuses the media type %j, and tells the one it takes', async (type) => {
    const refused = read({ type })
    await expect(refused).toRefuse('media-type-unsupported', /must be one of/)
    await expect(refused).rejects.toHaveProperty('advice', { headers: { accept: 'application/json' } })
  })

  it('refuses a body with a content coding', async () => {
    const refused = read({ coding: 'gzip' })
    await expect(refused).toRefuse('media-type-unsupported', /Content-Encoding/)
    await expect(refused).rejects.toHaveProperty('advice', { headers: { 'accept-encoding': 'identity' } })
  })

  it('asks who it is before it looks at the body', async () => {
    await expect(read({ authorization: undefined, type: 'text/plain', body: 'x' })).toRefuse(
      'relying-party-refused',
    )
  })

  it('takes a body of 1,024 octets and refuses one of 1,025', async () => {
    const padded = (octets: number) => JSON.stringify({ sha256 }).padEnd(octets, ' ')
    expect(await read({ body: padded(1024) })).toMatchObject({ sha256 })
    await expect(read({ body: padded(1025) })).toRefuse('body-too-large', /1025 octets, the limit is 1024/)
    await expect(read({ length: '1025' })).toRefuse('body-too-large', /1025 octets/)
  })

  it('refuses a body without a length, and an empty one', async () => {
    await expect(read({ transfer: 'chunked', body: '' })).toRefuse('length-required', /in chunks/)
    await expect(read({ body: '' })).toRefuse('length-required', /its length is not said/)
    await expect(read({ length: '0', body: '' })).toRefuse('request-malformed', /it is empty/)
  })

  it.each([
    '{}',
    'null',
    '[]',
    '"x"',
    `{"sha256": "${sha256}"`,
    `{"sha256": "${sha256}"}}`,
    `{"sha256": "${sha256.slice(1)}"}`,
    `{"sha256": "${sha256}0"}`,
    `{"sha256": "${sha256}\\n"}`,
    `{"sha256": 1}`,
    `{"sha256": ["${sha256}"]}`,
    `{"sha256": "${sha256}", "sha256": "${sha256}"}`,
    `{"sha256": "${sha256}", "\\u0073ha256": "${sha256}"}`,
    `{"SHA256": "${sha256}"}`,
    `{'sha256': '${sha256}'}`,
  ])('refuses the body %j', async (body) => {
    await expect(read({ body })).toRefuse('request-malformed', /^Cannot read the body: /)
  })

  it('repeats neither secret nor body in what it refuses', async () => {
    const refusals = [
      read({ authorization: `Bearer ${secret}` }),
      read({ authorization: basic(secret) }),
      read({ type: 'text/plain' }),
      read({ body: secret }),
      read({ body: secret.repeat(100) }),
    ]
    for (const refusal of refusals) {
      const error = await refusal.catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(Error)
      expect(String(error)).not.toContain(secret)
    }
  })
})
