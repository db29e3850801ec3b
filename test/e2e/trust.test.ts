import { createHash, X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compactVerify, importX509 } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authority, readAuthority } from '../../lib/authority/authority.ts'
import { openTables } from '../../lib/store/openTables.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { addRelyingParty } from '../../lib/authority/adopt/relyingParty.ts'
import { runCommand } from '../cli/runCommand.ts'
import { openssl } from '../openssl.ts'
import { applyDocument, partyTester, testTime } from '../world.ts'
import { genericTrust, tenantDocument } from '../tenants.ts'
import { describedFetch } from './describedFetch.ts'
import { holdWrites } from './holdWrites.ts'
import { type LocalStack, startLocalStack } from './localStack.ts'

/** Sends a request, and holds the reply up to docs/openapi.json. */
const send = describedFetch()

let stack: LocalStack
let tables: Tables
let authority: Authority
let secret: string

const tenant = parseTenantId('contoso')

beforeAll(async () => {
  stack = await startLocalStack()
  const { connectionString } = stack.deployment.tables
  tables = openTables({ kind: 'connectionString', connectionString })
  const read = await readAuthority(tables, tenant)
  if (!read) throw new Error('The demo has no authority.')
  authority = read
  const add = ['relying-party', 'add', '--tenant', tenant, '--name', 'vpn-1']
  const { json } = await runCommand(add, stack.deployment, { now: new Date() })
  ;({ secret } = json as { readonly secret: string })
})

afterAll(() => stack.stop())

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex')

const fetchTrust = (path: string, init: RequestInit = {}) => send(`${stack.url}/v1/contoso/${path}`, init)

const octetsOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer())

/** Headers but those of the connection, and the time of the answer. */
const steady = ({ headers }: Response): Readonly<Record<string, string>> => {
  const passing = new Set(['connection', 'date', 'keep-alive'])
  return Object.fromEntries([...headers].filter(([name]) => !passing.has(name)))
}

const files = [
  ['trust.json', 'application/json'],
  ['trust.jws', 'application/jose'],
  ['trust.pem', 'application/x-pem-file'],
  ['trust.p7b', 'application/x-pkcs7-certificates'],
] as const

const certificates = () => [...authority.generations, ...authority.crossCertificates]

/** Each path of a publication, with its media type and the octets that the tables hold. */
const publications = () => [
  ...files.map(([file, type]) => [file, type, authority.bundle.encodings[file]] as const),
  ...certificates().map(
    ({ digest, certificate }) => [`trust/${digest}.cer`, 'application/pkix-cert', certificate] as const,
  ),
  ...[authority.bundle.encodings['trust.jws'], ...authority.bundle.cosigned].map((jws, index) => {
    const { digest } = certificates().filter(({ id }) => id.startsWith('root'))[index] ?? {}
    return [`trust/${digest}.jws`, 'application/jose', Buffer.from(jws)] as const
  }),
]

const expectProblem = async (response: Response, status: number, code: string) => {
  expect([response.status, response.headers.get('content-type')]).toEqual([
    status,
    'application/problem+json',
  ])
  const document = (await response.json()) as Readonly<Record<string, unknown>>
  expect(document).toMatchObject({ status, type: `urn:mayfly:problem:${code}` })
  return document
}

describe('the trust bundle over HTTP', () => {
  it('is the octets of the tables in four files, each of its certificates, and the signature of each root', async () => {
    const all = publications()
    // Two roots, an issuer, and the standby root certified by the first.
    expect(all).toHaveLength(4 + 4 + 2)
    for (const [path, type, octets] of all) {
      const response = await fetchTrust(path)
      expect(response.status, path).toBe(200)
      expect(await octetsOf(response), path).toEqual(Buffer.from(octets))
      expect(steady(response)).toMatchObject({
        'content-type': type,
        etag: `"${sha256(octets)}"`,
        'last-modified': authority.bundle.issuedAt.toUTCString(),
        'cache-control': 'public, max-age=300, stale-if-error=86400',
        'content-length': String(octets.length),
      })
    }
  })

  it('has the same headers for HEAD, and no body', async () => {
    for (const [path] of publications()) {
      const got = await fetchTrust(path)
      const head = await fetchTrust(path, { method: 'HEAD' })
      expect([head.status, await head.text()]).toEqual([200, ''])
      expect(steady(head), path).toEqual(steady(got))
      await got.body?.cancel()
    }
  })

  it('is 304 without a body for who holds it', async () => {
    for (const [path, type, octets] of publications()) {
      const etag = `"${sha256(octets)}"`
      for (const known of [etag, `W/${etag}`, '*', `"x", ${etag}`]) {
        const headers = { 'if-none-match': known }
        for (const method of ['GET', 'HEAD']) {
          const response = await fetchTrust(path, { method, headers })
          expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([
            304,
            '',
            etag,
          ])
        }
      }
      const since = { 'if-modified-since': authority.bundle.issuedAt.toUTCString() }
      expect((await fetchTrust(path, { headers: since })).status).toBe(304)
      const other = await fetchTrust(path, { headers: { ...since, 'if-none-match': `"${type}"` } })
      expect([other.status, (await octetsOf(other)).length]).toEqual([200, octets.length])
    }
  })

  it('can be read by openssl in every form', async () => {
    const save = async (path: string): Promise<string> => {
      const file = join(stack.folder, path.replace('/', '-'))
      await writeFile(file, await octetsOf(await fetchTrust(path)))
      return file
    }
    const pkcs7 = ['pkcs7', '-inform', 'DER', '-in', await save('trust.p7b'), '-print_certs']
    const subjects = (text: Buffer) => text.toString().match(/^subject=.*$/gm) ?? []
    expect(subjects(openssl(pkcs7))).toHaveLength(4)
    const pem = await save('trust.pem')
    const listed = openssl(['crl2pkcs7', '-nocrl', '-certfile', pem])
    // Each name once: OpenVPN does not start otherwise.
    expect(subjects(openssl(['pkcs7', '-print_certs'], listed)).toSorted()).toEqual(
      [...new Set(subjects(openssl(pkcs7)))].toSorted(),
    )
    for (const { digest } of certificates()) {
      const file = await save(`trust/${digest}.cer`)
      const shown = openssl(['x509', '-inform', 'DER', '-in', file, '-noout', '-fingerprint', '-sha256'])
      const fingerprint = shown.toString().trim().split('=')[1] ?? ''
      expect(fingerprint.replaceAll(':', '').toLowerCase()).toBe(digest)
      // As openssl prints it, in the path.
      expect((await fetchTrust(`trust/${fingerprint}.cer`)).status).toBe(200)
    }
    const issuer = authority.generations.find(({ kind }) => kind === 'issuer')
    const issuerFile = await save(`trust/${issuer?.digest}.cer`)
    expect(openssl(['verify', '-x509_strict', '-CAfile', pem, issuerFile]).toString()).toMatch(/: OK\n$/)
  })

  it('is signed: another library verifies trust.jws with the first root, and finds trust.json in it', async () => {
    const jws = await (await fetchTrust('trust.jws')).text()
    const root = authority.generations.find(({ id }) => id === 'root~0001')
    const key = await importX509(new X509Certificate(root?.certificate ?? '').toString(), 'ES256')
    const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: ['ES256'] })
    expect(Buffer.from(payload)).toEqual(await octetsOf(await fetchTrust('trust.json')))
    expect(protectedHeader).toMatchObject({ typ: 'mayfly-trust+jws', x5c: [expect.any(String)] })
  })

  it('is not there for an unknown tenant or certificate, nor for other methods', async () => {
    for (const [path] of publications()) {
      const unknown = await send(`${stack.url}/v1/nobody/${path}`)
      await expectProblem(unknown, 404, 'tenant-unknown')
      expect(unknown.headers.get('cache-control')).toBe('no-store')
      const head = await send(`${stack.url}/v1/nobody/${path}`, { method: 'HEAD' })
      expect([head.status, await head.text()]).toEqual([404, ''])
      for (const method of ['POST', 'PUT', 'DELETE']) {
        const refused = await fetchTrust(path, { method })
        expect(refused.headers.get('allow')).toBe('GET, HEAD')
        await expectProblem(refused, 405, 'method-not-allowed')
      }
    }
    const { digest = '' } = authority.generations[0] ?? {}
    for (const file of [`${'0'.repeat(64)}.cer`, `${'0'.repeat(64)}.jws`, digest, `${digest}.pem`, 'x'])
      await expectProblem(await fetchTrust(`trust/${file}`), 404, 'certificate-unknown')
    await expectProblem(await fetchTrust('trust/'), 404, 'not-found')
    await expectProblem(await fetchTrust('trust.der'), 404, 'not-found')
  })

  it('is not there yet for a tenant without an authority', async () => {
    const issuer = { url: 'https://issuer.example', audience: 'api://mayfly' }
    await applyDocument(tables, tenantDocument('fabrikam', [genericTrust(issuer)]), new Date())
    for (const [path] of publications()) {
      const early = await send(`${stack.url}/v1/fabrikam/${path}`)
      await expectProblem(early, 503, 'issuer-unavailable')
      expect(early.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      const head = await send(`${stack.url}/v1/fabrikam/${path}`, { method: 'HEAD' })
      expect([head.status, await head.text()]).toEqual([503, ''])
    }
    const party = { tenant: parseTenantId('fabrikam'), name: 'vpn-1', secret }
    await addRelyingParty(tables, party, partyTester(testTime))
    await expectProblem(await report({ of: 'fabrikam' }), 503, 'issuer-unavailable')
  })
})

interface Report {
  readonly credential?: string | undefined
  readonly type?: string
  readonly body?: string | ReadableStream
  readonly of?: string
}

const digestBody = (file: (typeof files)[number][0]) =>
  JSON.stringify({ sha256: authority.bundle.digests[file] })

/** Reports an adoption that is good but for what a test changes. */
const report = (changes: Report = {}) => {
  const good = { credential: `vpn-1:${secret}`, type: 'application/json', of: 'contoso' }
  const { credential, type, of, body = digestBody('trust.pem') } = { ...good, ...changes }
  return send(`${stack.url}/v1/${of}/adoptions`, {
    method: 'POST',
    headers: {
      'content-type': type,
      ...(credential === undefined
        ? {}
        : { authorization: `Basic ${Buffer.from(credential).toString('base64')}` }),
    },
    body,
    // What fetch() wants where a body is sent in chunks.
    ...(typeof body === 'string' ? {} : { duplex: 'half' }),
  })
}

describe('POST /v1/{tenant}/adoptions', () => {
  it('tells which bundle the party holds, and which is in force; the CLI shows it', async () => {
    for (const [file] of files) {
      const response = await report({ body: digestBody(file) })
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ relyingParty: 'vpn-1', sequence: 1, currentSequence: 1 })
    }
    const list = ['relying-party', 'list', '--tenant', tenant]
    const { json } = await runCommand(list, stack.deployment, { now: new Date() })
    expect(json).toMatchObject({
      relyingParties: [{ name: 'vpn-1', installedSequence: 1, confirmedBy: 'agent' }],
    })
  })

  it('answers a wrong secret and an unknown party alike, with a challenge', async () => {
    const documents: unknown[] = []
    for (const credential of ['vpn-1:wrong', `vpn-2:${secret}`, 'vpn-1:', ':', `VPN-1:${secret}`, '#:x']) {
      const response = await report({ credential })
      expect(response.headers.get('www-authenticate')).toBe('Basic realm="relying-parties", charset="UTF-8"')
      const { instance: _, ...document } = await expectProblem(response, 401, 'relying-party-refused')
      documents.push(document)
    }
    expect(new Set(documents.map((document) => JSON.stringify(document))).size).toBe(1)
    const silent = await report({ credential: undefined })
    expect(silent.headers.get('www-authenticate')).toBe('Basic realm="relying-parties", charset="UTF-8"')
    await expectProblem(silent, 401, 'relying-party-refused')
  })

  it('refuses what is no report of a bundle', async () => {
    const unknown = JSON.stringify({ sha256: '0'.repeat(64) })
    await expectProblem(await report({ body: unknown }), 404, 'bundle-unknown')
    await expectProblem(await report({ of: 'nobody' }), 404, 'tenant-unknown')
    const wrongType = await report({ type: 'text/plain' })
    expect(wrongType.headers.get('accept')).toBe('application/json')
    await expectProblem(wrongType, 415, 'media-type-unsupported')
    await expectProblem(await report({ body: ' '.repeat(2000) }), 413, 'body-too-large')
    for (const body of ['', '{', 'null', '{"sha256":1}', '{"sha256":"x"}'])
      await expectProblem(await report({ body }), 400, 'request-malformed')
    const stream = new Blob([digestBody('trust.pem')]).stream()
    await expectProblem(await report({ body: stream }), 411, 'length-required')
    const read = await send(`${stack.url}/v1/contoso/adoptions`)
    expect(read.headers.get('allow')).toBe('POST')
    await expectProblem(read, 405, 'method-not-allowed')
  })

  it('tells a party that reports many times at once to come again, and records it', async () => {
    const letGo = holdWrites(stack.tablesPort)
    const answers = Array.from({ length: 5 }, () => report())
    // Two are written at once, and these are held: whoever is answered first is a third.
    const busy = await Promise.race(answers)
    letGo()
    await expectProblem(busy, 429, 'subject-busy')
    expect(busy.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    const written = (await Promise.all(answers)).filter(({ status }) => status === 200)
    expect(written.length).toBeGreaterThanOrEqual(2)
  })

  it('leaves the secret neither in the log nor in a table', async () => {
    stack.lines.length = 0
    for (const credential of [`vpn-1:${secret}`, `vpn-2:${secret}`, secret]) await report({ credential })
    const lines = stack.lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    expect(lines.map(({ function: name, status, code }) => [name, status, code])).toEqual([
      ['adoptions', 200, 'ok'],
      ['adoptions', 401, 'relying-party-refused'],
      ['adoptions', 401, 'relying-party-refused'],
    ])
    const rows = await tables.list('relyingParties', tenant)
    // The party, and who added it.
    expect(rows).toHaveLength(2)
    const encoded = Buffer.from(`vpn-1:${secret}`).toString('base64')
    for (const text of [JSON.stringify(rows), ...stack.lines])
      for (const part of [secret, encoded]) expect(text).not.toContain(part)
  })
})

describe('docs/openapi.json', () => {
  // The last test: it looks back on the others.
  it('describes nothing else of these paths: each reply was seen, but for those of defects and outages', () => {
    expect(send.unseen((path) => /trust|adoptions/.test(path))).toEqual([])
  })
})
