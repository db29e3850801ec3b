import { describe, expect, it } from 'vitest'
import { readEnrollment } from '../../../lib/http/readEnrollment.ts'
import { maxCsrOctets, verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { makeDeviceKey } from '../../world.ts'
import { requestOf } from './request.ts'

const der = makeDeviceKey().csr()
const base64 = Buffer.from(der).toString('base64')
const base64url = Buffer.from(der).toString('base64url')
const pem = encodePem('CERTIFICATE REQUEST', der)

/** Reads header fields, then the body. */
const read = async (
  type: string | undefined,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
) => {
  const { readBody, ...rest } = readEnrollment(
    requestOf({
      headers: {
        authorization: 'Bearer a.b.c',
        ...(type === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      params: { tenant: 'contoso' },
      body,
    }),
  )
  return { ...rest, ...(await readBody()) }
}

const withAuthorization = (authorization: string) => read('application/pkcs10', der, { authorization })

describe('readEnrollment() reads', () => {
  it.each([
    ['application/pkcs10', 'DER', der],
    ['application/pkcs10', 'base64 without a frame, as EST sends it', base64],
    ['application/pkcs10', 'base64 in lines', base64.replaceAll(/.{64}/g, '$&\r\n')],
    ['APPLICATION/PKCS10; charset=utf-8', 'DER', der],
    ['application/pkcs10; name="a;b,c.p10"', 'DER, whatever else is said of it', der],
    ['text/plain; charset="US-ASCII"', 'PEM in another charset', pem],
    ['text/plain;charset=ISO-8859-1;', 'PEM in another charset', pem],
    ['application/json; Charset=UTF-8', 'base64 in JSON', JSON.stringify({ csr: base64 })],
    ['application/x-pem-file', 'PEM', pem],
    ['text/plain', 'PEM', pem],
    ['text/plain; charset=utf-8', 'PEM with Windows line ends', pem.replaceAll('\n', '\r\n')],
    ['application/json', 'PEM in JSON', JSON.stringify({ csr: pem })],
    ['application/json', 'base64 in JSON', JSON.stringify({ csr: base64 })],
    ['application/json', 'PEM after white space in JSON', JSON.stringify({ csr: `\n ${pem}`, other: 1 })],
    ['application/pkcs10', 'PEM: the octets tell', pem],
    ['text/plain', 'base64', base64],
    ['application/x-pem-file', 'DER', der],
    ['application/json', 'base64url after a byte order mark', `\uFEFF{"csr":"${base64url}"}`],
  ] as const)('%s: %s', async (type, _, body) => {
    const { tenant, token, csr } = await read(type, body)
    expect({ tenant, token }).toEqual({ tenant: 'contoso', token: 'a.b.c' })
    expect(verifyCsr(decodeCsr(csr)).keyHash).toBe(verifyCsr(der).keyHash)
  })

  it.each(['Bearer x', 'bearer x', 'BEARER   x', '  Bearer x  '])(
    'the token of %j',
    async (authorization) => {
      expect((await withAuthorization(authorization)).token).toBe('x')
    },
  )

  it('a request of 16 KiB in every encoding', async () => {
    const largest = Buffer.alloc(maxCsrOctets).fill(0x30, 0, 1)
    const text = largest.toString('base64').replaceAll(/.{64}/g, '$&\n')
    for (const [type, body] of [
      ['application/pkcs10', largest],
      ['application/json', JSON.stringify({ csr: text })],
      ['text/plain', encodePem('CERTIFICATE REQUEST', largest)],
    ] as const)
      expect(decodeCsr((await read(type, body)).csr)).toHaveLength(maxCsrOctets)
  })
})

describe('readEnrollment() refuses', () => {
  it('a request without a token', () => {
    const anonymous = requestOf({ headers: { 'content-type': 'text/plain' }, body: pem })
    expect(() => readEnrollment(anonymous)).toRefuse('token-missing')
  })

  it.each([
    '',
    ' ',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'Negotiate x',
    'x',
    'Bearerx',
    'Bearer a b',
    'DPoP x',
  ])('the credentials %j', (authorization) =>
    expect(withAuthorization(authorization)).toRefuse('token-missing'),
  )

  it.each(['Bearer a,Bearer b', 'Bearer a, Bearer b', 'Bearer a,Basic b', ',Bearer a', 'Bearer a,'])(
    'two authorization headers, joined as %j',
    (authorization) => expect(withAuthorization(authorization)).toRefuse('authorization-ambiguous'),
  )

  it('a token that makes the header longer than 16 KiB, and none that does not', async () => {
    const fields = ['authorization: Bearer \r\n', 'content-type: application/pkcs10\r\n']
    const limit = 16 * 1024 - fields.join('').length
    expect((await withAuthorization(`Bearer ${'x'.repeat(limit)}`)).token).toHaveLength(limit)
    await expect(withAuthorization(`Bearer ${'x'.repeat(limit + 1)}`)).toRefuse(
      'token-too-large',
      new RegExp(`16385 octets, ${limit + 1} of them the token; the limit is 16384`),
    )
  })

  it.each([
    'text/html',
    'application/pkcs7-mime',
    'multipart/form-data',
    '',
    'json',
    'constructor',
    '__proto__',
  ])('the media type %j', (type) =>
    expect(read(type, der)).toRefuse(
      'media-type-unsupported',
      /application\/pkcs10, application\/x-pem-file/,
    ),
  )

  it('a body without a media type', () => expect(read(undefined, der)).toRefuse('media-type-unsupported'))

  it.each([
    'application/pkcs10, text/plain',
    'application/pkcs10, application/pkcs10',
    'application/pkcs10,',
    'application/*',
    '*/*',
    'application/pkcs10 charset=utf-8',
    'application/pkcs10; charset',
    'application/pkcs10; charset=',
    'application/pkcs10; charset="utf-8',
    'application/pkcs10; charset=utf-8; charset=utf-8',
    'application/pkcs10/x',
    `application/pkcs10;${'a=b;'.repeat(300)}`,
  ])('several media types or a malformed one: %j', (type) =>
    expect(read(type, der)).toRefuse('media-type-unsupported', /Content-Type must be one of/),
  )

  it.each(['utf-16', 'utf-7', 'ebcdic-us', 'utf8', ''])('the charset %j', (charset) =>
    expect(read(`text/plain; charset="${charset}"`, pem)).toRefuse(
      'media-type-unsupported',
      /charset must be one of utf-8, us-ascii, iso-8859-1/,
    ),
  )

  it.each(['gzip', 'deflate', 'br', 'GZIP', 'x', 'gzip, identity', 'identity, identity', ',', '*'])(
    'a body with the content coding %j, and tells which it takes',
    async (coding) => {
      const refused = read('application/pkcs10', der, { 'content-encoding': coding })
      await expect(refused).toRefuse('media-type-unsupported', /Content-Encoding/)
      await expect(refused).rejects.toHaveProperty('advice', { headers: { 'accept-encoding': 'identity' } })
    },
  )

  it.each(['identity', 'Identity'])('no body with the content coding %j', async (coding) => {
    const { csr } = await read('application/pkcs10', der, { 'content-encoding': coding })
    expect(csr).toEqual(new Uint8Array(der))
  })

  it.each(['text/html', 'text/plain; charset=utf-16', ''])(
    'the media type %j and tells those it takes, but no content coding (RFC 9110 section 12.5.3)',
    (type) =>
      expect(read(type, der)).rejects.toHaveProperty('advice', {
        headers: { accept: 'application/json, application/pkcs10, application/x-pem-file, text/plain' },
      }),
  )

  it.each([
    ['in chunks', { 'transfer-encoding': 'chunked' }, 'length-required', /sent in chunks.*Content-Length/],
    [
      'in chunks and with a length',
      { 'transfer-encoding': 'gzip, chunked', 'content-length': '9' },
      'length-required',
      /sent in chunks/,
    ],
    ['without a length', {}, 'length-required', /its length is not said.*Content-Length/],
  ] as const)('a body that is sent %s', async (_, headers, code, why) => {
    for (const type of ['application/pkcs10', 'application/json', 'application/x-pem-file'])
      await expect(read(type, '', headers)).toRefuse(code, why)
  })

  it('JSON of no octets', () =>
    expect(read('application/json', '', { 'content-length': '0' })).toRefuse('request-malformed', /is empty/))

  it('a body over 24 KiB and none of 24 KiB', async () => {
    const limit = 24 * 1024
    await expect(read('application/pkcs10', Buffer.alloc(limit, 0x30))).resolves.toBeDefined()
    await expect(read('application/pkcs10', Buffer.alloc(limit + 1, 0x30))).toRefuse(
      'body-too-large',
      /24577 octets/,
    )
  })

  it('a body that declares more than 24 KiB, whatever it has', () =>
    expect(read('application/pkcs10', der, { 'content-length': '24577' })).toRefuse('body-too-large'))

  it.each(['', '1e1', '0x10', '-1', '+5', '5.0', 'NaN', '5, 5', '\u00b2'])(
    'a body of which Content-Length says %j, RFC 9110 section 8.6',
    (length) =>
      expect(read('application/pkcs10', der, { 'content-length': length })).toRefuse(
        'request-malformed',
        /Content-Length/,
      ),
  )

  it.each([
    '{',
    'null',
    '[]',
    '"csr"',
    '5',
    '{}',
    '{"csr":5}',
    '{"csr":null}',
    '{"csr":["x"]}',
    '{"CSR":"x"}',
  ])('the JSON %j', (body) => expect(read('application/json', body)).toRefuse('request-malformed'))

  it('a private key in whatever member of JSON, and tells that it was sent', () =>
    expect(
      read('application/json', JSON.stringify({ csr: pem, key: encodePem('PRIVATE KEY', der) })),
    ).toRefuse('csr-malformed', /a private key was sent/))

  it('with no part of token or body in the detail', async () => {
    const refusals = [
      read('text/html', 'canary', { authorization: 'Bearer canary' }),
      read('application/json', '{canary', { authorization: 'Bearer canary' }),
      withAuthorization('Basic canary'),
      withAuthorization('Bearer canary, Bearer canary'),
      withAuthorization(`Bearer ${'canary'.repeat(3_000)}`),
    ].map((refused) => refused.catch(String))
    for (const told of await Promise.all(refusals)) {
      expect(told).toContain('Refusal')
      expect(told).not.toContain('canary')
    }
  })
})
