import 'reflect-metadata'
import { X509Certificates } from '@peculiar/x509'
import { X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateFormats } from '../../lib/http/certificateReply.ts'
import { openTables } from '../../lib/store/openTables.ts'
import { encodePem, parsePemCertificates } from '../../lib/x509/pemBlock.ts'
import { demoAudience, demoClient } from '../../local/signAccessToken.ts'
import { openssl } from '../openssl.ts'
import type { Received } from '../tools/describedReply.ts'
import { applyDocument, makeDeviceKey } from '../world.ts'
import { describedFetch } from './describedFetch.ts'
import { rawExchange } from './rawExchange.ts'
import { holdWrites } from './holdWrites.ts'
import { type LocalStack, startLocalStack } from './localStack.ts'

const described = describedFetch()

let stack: LocalStack

beforeAll(async () => {
  stack = await startLocalStack()
  const { deployment } = stack
  const { connectionString } = deployment.tables
  // A tenant without an authority: no issuer can sign for it.
  await applyDocument(
    openTables({ kind: 'connectionString', connectionString }),
    {
      tenant: 'fabrikam',
      displayName: 'Fabrikam',
      tokenIssuers: [
        {
          kind: 'generic',
          issuer: `${deployment.tokenIssuer?.url}/fabrikam`,
          audience: demoAudience,
          clients: [demoClient],
          complianceProofs: [{ kind: 'claim', claim: 'ok', equals: true }],
        },
      ],
      upn: { suffixes: ['fabrikam.example'] },
    },
    new Date(),
  )
})

afterAll(() => stack.stop())

/** Sends a request, and holds the reply up to the description. */
const send = async (method: string, path: string, init: RequestInit = {}): Promise<Received> => {
  const response = await described(stack.url + path, { ...init, method })
  const { status, headers } = response
  return { method, path, status, headers, body: new Uint8Array(await response.arrayBuffer()) }
}

type Fields = Readonly<Record<string, string>>

const newCsr = () => Buffer.from(makeDeviceKey().csr())

interface Enrollment {
  readonly token?: string
  readonly body?: Buffer | ReadableStream
  readonly fields?: Fields
}

const post = async ({ token, body = newCsr(), fields = {} }: Enrollment = {}): Promise<Received> => {
  const authorization = `Bearer ${token ?? (await stack.token())}`
  const headers = { 'content-type': 'application/pkcs10', authorization, ...fields }
  // fetch() sends a stream in chunks, and wants to be told so.
  return send('POST', '/v1/contoso/certificates', { headers, body, duplex: 'half' })
}

const textOf = ({ body }: Received) => Buffer.from(body).toString()
const typeOf = ({ headers }: Received) => headers.get('content-type')

const problemOf = (received: Received) => {
  expect(typeOf(received)).toBe('application/problem+json')
  return JSON.parse(textOf(received)) as { readonly type: string; readonly offers?: readonly string[] }
}

/** The certificates of a reply as PEM, sorted, read by programs that others wrote. */
const readers: Readonly<Record<(typeof certificateFormats)[number], (received: Received) => string[]>> = {
  'application/json': (received) => {
    const { certificate, chain } = JSON.parse(textOf(received)) as { certificate: string; chain: string[] }
    return [certificate, ...chain]
  },
  'application/pem-certificate-chain': (received) =>
    parsePemCertificates(textOf(received)).map((der) => encodePem('CERTIFICATE', der)),
  'application/pkix-cert': ({ body }) => [openssl(['x509', '-inform', 'DER'], body).toString()],
  'application/pkcs7-mime; smime-type=certs-only': ({ body }) =>
    parsePemCertificates(openssl(['pkcs7', '-inform', 'DER', '-print_certs'], body).toString()).map((der) =>
      encodePem('CERTIFICATE', der),
    ),
}

describe('a certificate reply', () => {
  it('holds the same certificates in every representation, new or bought before', async () => {
    const token = await stack.token()
    const body = newCsr()
    const [leaf = '', ...chain] = readers['application/json'](await post({ token, body }))
    expect(chain).toHaveLength(1)
    for (const format of certificateFormats) {
      const again = await post({ token, body, fields: { accept: format } })
      expect([again.status, typeOf(again)]).toEqual([200, format])
      const wanted = format === 'application/pkix-cert' ? [leaf] : [leaf, ...chain]
      expect(readers[format](again).sort(), format).toEqual(wanted.toSorted())
      const fresh = await post({ fields: { accept: format } })
      expect([fresh.status, typeOf(fresh)]).toEqual([201, format])
      expect(readers[format](fresh)).toHaveLength(wanted.length)
    }
  })

  it('is, as PKCS#7, DER that openssl writes the same and other libraries import', async () => {
    const { body, headers } = await post({ fields: { accept: 'application/pkcs7-mime' } })
    expect(headers.get('content-type')).toBe('application/pkcs7-mime; smime-type=certs-only')
    expect(headers.get('content-disposition')).toBe('attachment; filename="smime.p7c"')
    const inDer = openssl(['cms', '-cmsout', '-inform', 'DER', '-outform', 'DER'], body)
    expect(inDer.equals(body)).toBe(true)
    expect(new X509Certificates(body).map(({ subject }) => subject)).toContain('CN=ada@contoso.example')
  })

  it('is, as PKCS#7, a chain that openssl verifies under the roots alone', async () => {
    const { body } = await post({ fields: { accept: 'application/pkcs7-mime;smime-type="certs-only"' } })
    const certificates = parsePemCertificates(
      openssl(['pkcs7', '-inform', 'DER', '-print_certs'], body).toString(),
    ).map((der) => new X509Certificate(der))
    const trust = JSON.parse(textOf(await send('GET', '/v1/contoso/trust.json'))) as {
      roots: { certificate: string }[]
    }
    const save = async (name: string, pem: string) => {
      await writeFile(join(stack.folder, name), pem)
      return join(stack.folder, name)
    }
    const pemOf = (ca: boolean) =>
      certificates
        .filter((certificate) => certificate.ca === ca)
        .map(String)
        .join('')
    const roots = await save('roots.pem', trust.roots.map(({ certificate }) => certificate).join(''))
    const issuers = await save('issuers.pem', pemOf(true))
    const leaf = await save('leaf.pem', pemOf(false))
    const verify = ['verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', roots]
    expect(openssl([...verify, '-untrusted', issuers, leaf]).toString()).toContain('leaf.pem: OK')
  })
})

describe('a refusal', () => {
  it('is a problem document whatever Accept says', async () => {
    for (const accept of [...certificateFormats, 'text/html', 'application/problem+xml']) {
      const refused = await post({ token: 'nonsense', fields: { accept } })
      expect(problemOf(refused).type).toMatch(/token-malformed|not-acceptable/)
    }
  })

  it('tells what is offered when nothing is acceptable', async () => {
    const refused = await post({ fields: { accept: 'application/pkcs7-mime; smime-type=enveloped-data' } })
    expect(refused.status).toBe(406)
    expect(refused.headers.get('vary')).toBe('Accept')
    expect(problemOf(refused).offers).toEqual(certificateFormats)
    for (const offer of certificateFormats)
      expect((await post({ fields: { accept: `*/*;q=0, ${offer};q=0.001` } })).status).toBe(201)
  })

  it('tells what is taken instead of a media type or content coding', async () => {
    const wrongType = await post({ fields: { 'content-type': 'application/pkcs10, text/plain' } })
    expect(problemOf(wrongType).type).toBe('urn:mayfly:problem:media-type-unsupported')
    expect(wrongType.headers.get('accept')).toContain('application/pkcs10, ')
    expect(wrongType.headers.has('accept-encoding')).toBe(false)
    const coded = await post({ fields: { 'content-encoding': 'gzip' } })
    expect(problemOf(coded).type).toBe('urn:mayfly:problem:media-type-unsupported')
    expect(coded.headers.get('accept-encoding')).toBe('identity')
    expect(coded.headers.has('accept')).toBe(false)
  })
})

const chunked = await readFile(new URL('../incidents/2026-11-28/http-chunked.txt', import.meta.url), 'utf8')

/** The request of the file, with what it leaves open. */
const chunkedRequest = (token: string, body: string) =>
  chunked
    .replace('/wild/', '/contoso/')
    .replace('TOKEN', `${token}\r\nConnection: close`)
    .replace('LENGTH\r\nCSR', `${Buffer.byteLength(body).toString(16)}\r\n${body}`)

describe('a body sent in chunks', () => {
  const pem = encodePem('CERTIFICATE REQUEST', newCsr())

  it.each([
    ['PEM', pem, 'application/x-pem-file'],
    ['JSON', JSON.stringify({ csr: pem }), 'application/json; charset=utf-8'],
    ['25 KB of anything', 'x'.repeat(25_000), 'text/plain'],
  ])('is answered with 411 that names Content-Length: %s', async (_, body, type) => {
    const sent = chunkedRequest(await stack.token(), body).replace('application/x-pem-file', type)
    const answer = await rawExchange(stack.url, sent)
    expect(answer).toMatch(/^HTTP\/1\.1 411 /)
    expect(answer).toMatch(/urn:mayfly:problem:length-required.*in chunks.*Content-Length/)
  })

  it('buys nothing: the same token and key are good with a length', async () => {
    const token = await stack.token()
    await rawExchange(stack.url, chunkedRequest(token, pem))
    const fields = { 'content-type': 'application/x-pem-file' }
    expect((await post({ token, body: Buffer.from(pem), fields })).status).toBe(201)
  })

  it('with a length is taken after 100 Continue', async () => {
    const head = `POST /v1/contoso/certificates HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n`
    const fields = `Authorization: Bearer ${await stack.token()}\r\nContent-Type: text/plain\r\n`
    const answer = await rawExchange(
      stack.url,
      `${head}${fields}Content-Length: ${Buffer.byteLength(pem)}\r\n\r\n${pem}`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /)
  })
})

describe('docs/openapi.json', () => {
  it('describes every refusal of a request for a certificate', async () => {
    const token = await stack.token()
    await post({ token })
    const replies = [
      await post({ body: Buffer.from('nonsense') }),
      await post({ token: await stack.token({ aud: 'other' }) }),
      await post({ token: await stack.token({ device_compliant: false }) }),
      await send('POST', '/v1/nobody/certificates', {
        headers: { authorization: 'Bearer x', 'content-type': 'text/plain' },
        body: 'x',
      }),
      await post({ token }),
      await post({ token, body: new Blob([newCsr()]).stream() }),
      await post({ body: Buffer.alloc(25_000) }),
      await post({ token: 'a'.repeat(16_384) }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([400, 401, 403, 404, 409, 411, 413, 431])
  })

  it('describes a user who asks for many certificates at once', async () => {
    const letGo = holdWrites(stack.tablesPort)
    const tokens = await Promise.all(Array.from({ length: 5 }, () => stack.token({ sub: 'many' })))
    const answers = tokens.map((token) => post({ token }))
    // Two are recorded at most, and these are held: whoever is answered first is a third.
    const busy = await Promise.race(answers)
    letGo()
    expect(problemOf(busy).type).toBe('urn:mayfly:problem:subject-busy')
    expect(busy.headers.get('retry-after')).toMatch(/^[1-9]$/)
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(2)
    expect(new Set(statuses)).toEqual(new Set([201, 429]))
  })

  it('describes a tenant that cannot issue yet', async () => {
    const token = await stack.token({
      iss: `${stack.deployment.tokenIssuer?.url}/fabrikam`,
      upn: 'ada@fabrikam.example',
      ok: true,
    })
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/pkcs10' }
    const body = newCsr()
    expect((await send('POST', '/v1/fabrikam/certificates', { headers, body })).status).toBe(503)
  })

  it('describes the other paths', async () => {
    for (const method of ['GET', 'HEAD']) {
      for (const path of ['/healthz', '/readyz']) expect((await send(method, path)).status).toBe(200)
      expect((await send(method, '/v1/contoso/certificates')).status).toBe(405)
    }
    expect((await send('DELETE', '/readyz')).status).toBe(405)
    expect((await send('GET', '/v1/contoso/nothing')).status).toBe(404)
    expect((await send('PUT', '/')).status).toBe(404)
  })

  // The last test: it looks back on the others.
  it('describes nothing else of these paths: each reply was seen, but for those of defects and outages', () => {
    expect(described.unseen((path) => !/trust|adoptions|drops/.test(path))).toEqual([])
  })
})
