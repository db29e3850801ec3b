import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hostLimits } from '../../lib/admission/hostLimits.ts'
import { openKeys } from '../../lib/deployment/openKeys.ts'
import { bodyLimits, memberLimits } from '../../lib/http/bodyLimits.ts'
import { initAuthority } from '../../lib/authority/change/initAuthority.ts'
import { openTables } from '../../lib/store/openTables.ts'
import { applyRevision } from '../../lib/tenant/applyRevision.ts'
import { createCsr } from '../../client/credential/createCsr.ts'
import { encodePem } from '../../lib/x509/pemBlock.ts'
import { demoAudience, demoClient } from '../../local/signAccessToken.ts'
import { openssl } from '../openssl.ts'
import { type LocalStack, startLocalStack } from './localStack.ts'
import { applicationOf, contentOf, tester } from '../world.ts'

let stack: LocalStack

beforeAll(async () => {
  stack = await startLocalStack()
  // A second tenant that shares issuer and audience with nobody: its users come from elsewhere.
  const { deployment } = stack
  const tables = openTables({
    kind: 'connectionString',
    connectionString: deployment.tables.connectionString,
  })
  const content = contentOf({
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
  })
  const now = new Date()
  const revision = await applyRevision(tables, content, applicationOf(now))
  await initAuthority(revision, {
    tables,
    rootKeys: openKeys(deployment, { kind: 'root' }),
    issuerKeys: openKeys(deployment, { kind: 'issuer' }),
    random: (octets) => crypto.getRandomValues(new Uint8Array(octets)),
    uuid: () => crypto.randomUUID(),
    ...tester(now),
  })
})

afterAll(() => stack.stop())

const newCsr = async (): Promise<string> => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return encodePem('CERTIFICATE REQUEST', createCsr(privateKey, publicKey))
}

interface Sending {
  readonly token?: string | undefined
  readonly body?: string | Uint8Array
  readonly type?: string
  readonly accept?: string
  readonly tenant?: string
}

const post = async ({
  token,
  body,
  type = 'application/x-pem-file',
  accept,
  tenant = 'contoso',
}: Sending = {}) =>
  fetch(`${stack.url}/v1/${tenant}/certificates`, {
    method: 'POST',
    headers: {
      'content-type': type,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(accept === undefined ? {} : { accept }),
    },
    body: Buffer.from(body ?? (await newCsr())),
  })

interface Issued {
  readonly certificate: string
  readonly chain: readonly string[]
  readonly serialNumber: string
  readonly notBefore: string
  readonly notAfter: string
  readonly renewal: { readonly start: string; readonly end: string }
}

const issued = async (response: Response): Promise<Issued> => (await response.json()) as Issued

/** Expects a problem document of this status and code, with everything RFC 9457 wants. */
const expectProblem = async (response: Response, status: number, code: string) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const document = (await response.json()) as Record<string, unknown>
  expect(document).toMatchObject({ type: `urn:mayfly:problem:${code}`, status })
  expect(response.status).toBe(status)
  expect(typeof document['title']).toBe('string')
  expect(typeof document['detail']).toBe('string')
  expect(response.headers.has('www-authenticate')).toBe(status === 401)
  expect(response.headers.has('retry-after')).toBe(status === 503)
}

const save = (name: string, content: string): string => {
  const file = join(stack.folder, name)
  writeFileSync(file, content)
  return file
}

const trustOf = async (tenant: string) => {
  const bundle = (await (await fetch(`${stack.url}/v1/${tenant}/trust.json`)).json()) as {
    roots: { certificate: string }[]
    issuers: { certificate: string }[]
  }
  return {
    roots: save(`${tenant}-roots.pem`, bundle.roots.map(({ certificate }) => certificate).join('')),
    issuers: save(`${tenant}-issuers.pem`, bundle.issuers.map(({ certificate }) => certificate).join('')),
  }
}

describe('POST /v1/{tenant}/certificates', () => {
  it('issues to a compliant user a certificate that openssl verifies under the tenant alone', async () => {
    const response = await post({ token: await stack.token() })
    expect(response.status).toBe(201)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const { certificate, chain, serialNumber, renewal, notAfter, notBefore } = await issued(response)
    const leaf = save('leaf.pem', certificate)
    const issuer = save('issuer.pem', chain.join(''))
    const { roots } = await trustOf('contoso')
    const strict = ['verify', '-x509_strict', '-purpose', 'sslclient']
    expect(openssl([...strict, '-CAfile', roots, '-untrusted', issuer, leaf]).toString()).toContain(
      'leaf.pem: OK',
    )
    const foreign = await trustOf('fabrikam')
    expect(() => openssl([...strict, '-CAfile', foreign.roots, '-untrusted', issuer, leaf])).toThrow(
      /unable to get/,
    )
    const shown = openssl(['x509', '-in', leaf, '-noout', '-serial', '-subject', '-dates']).toString()
    expect(shown.toLowerCase()).toContain(`serial=${serialNumber}`)
    expect(shown).toMatch(/subject=CN ?= ?ada@contoso\.example/)
    expect(Date.parse(renewal.start)).toBeGreaterThan(Date.parse(notBefore))
    expect(Date.parse(renewal.end)).toBeLessThan(Date.parse(notAfter))
  })

  it('refuses a device that is not compliant', async () => {
    const response = await post({ token: await stack.token({ device_compliant: false }) })
    await expectProblem(response, 403, 'device-not-compliant')
    const silent = await post({ token: await stack.token({ device_compliant: undefined }) })
    await expectProblem(silent, 403, 'device-not-compliant')
  })

  it('takes the request as PEM, DER, base64 and JSON', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const der = createCsr(privateKey, publicKey)
    const pem = encodePem('CERTIFICATE REQUEST', der)
    const base64 = Buffer.from(der).toString('base64')
    const forms = [
      ['application/x-pem-file', pem],
      ['text/plain; charset=utf-8', pem.replaceAll('\n', '\r\n')],
      ['application/pkcs10', der],
      ['application/pkcs10', base64],
      ['application/json', JSON.stringify({ csr: pem })],
      ['application/json', JSON.stringify({ csr: base64 })],
    ] as const
    for (const [type, body] of forms) {
      expect((await post({ token: await stack.token(), type, body })).status, type).toBe(201)
    }
  })

  it('answers with a PEM chain when that is what the client accepts', async () => {
    const accept = 'application/pem-certificate-chain'
    const response = await post({ token: await stack.token(), accept })
    expect(response.headers.get('content-type')).toBe(accept)
    expect((await response.text()).match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    await expectProblem(
      await post({ token: await stack.token(), accept: 'image/png' }),
      406,
      'not-acceptable',
    )
  })

  it('accepts the requests of openssl, with every kind of key, and takes nothing but the key from them', async () => {
    const kinds = [
      ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
      ['rsa:2048'],
      ['rsa:4096'],
      ['ed25519'],
    ]
    for (const [index, newKey] of kinds.entries()) {
      const files = [
        '-keyout',
        join(stack.folder, `k${index}.pem`),
        '-out',
        join(stack.folder, `r${index}.pem`),
      ]
      const wishes = ['-subj', '/CN=root@evil.example', '-addext', 'subjectAltName=DNS:evil.example']
      openssl([
        'req',
        '-new',
        '-newkey',
        ...newKey,
        '-nodes',
        ...files,
        ...wishes,
        '-addext',
        'basicConstraints=CA:TRUE',
      ])
      const body = readFileSync(join(stack.folder, `r${index}.pem`))
      const response = await post({ token: await stack.token(), body })
      expect(response.status, newKey.join(' ')).toBe(201)
      const { certificate } = await issued(response)
      const shown = openssl(['x509', '-in', save(`c${index}.pem`, certificate), '-noout', '-text']).toString()
      expect(shown).not.toMatch(/evil|CA:TRUE/)
    }
  })

  it('returns the same bytes for the same token and key, and 409 for another key', async () => {
    const token = await stack.token()
    const body = await newCsr()
    const first = await post({ token, body })
    const again = await post({ token, body })
    expect([first.status, again.status]).toEqual([201, 200])
    expect(await again.text()).toBe(await first.text())
    await expectProblem(await post({ token }), 409, 'token-replayed')
  })

  it('gives 50 racing requests with one token and key one serial', async () => {
    const token = await stack.token()
    const body = await newCsr()
    const responses = await Promise.all(Array.from({ length: 50 }, () => post({ token, body })))
    const serials = await Promise.all(
      responses.map(async (response) => (await issued(response)).serialNumber),
    )
    expect(new Set(serials).size).toBe(1)
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(49)
  })

  it('refuses what is no token, or not a good one', async () => {
    const now = Math.floor(Date.now() / 1000)
    const good = await stack.token()
    const broken = `${good.slice(0, -20)}${'A'.repeat(20)}`
    await expectProblem(await post(), 401, 'token-missing')
    await expectProblem(await post({ token: 'nonsense' }), 401, 'token-malformed')
    await expectProblem(await post({ token: broken }), 401, 'token-signature-invalid')
    await expectProblem(await post({ token: await stack.token({ exp: now - 1 }) }), 401, 'token-expired')
    await expectProblem(
      await post({ token: await stack.token({ aud: 'other' }) }),
      401,
      'token-audience-wrong',
    )
    await expectProblem(await post({ token: good, tenant: 'fabrikam' }), 401, 'token-issuer-unknown')
    await expectProblem(await post({ token: good, tenant: 'nobody' }), 404, 'tenant-unknown')
    await expectProblem(await post({ token: 'a'.repeat(16_384) }), 431, 'token-too-large')
  })

  it('refuses what is no request, or too much of one', async () => {
    const token = await stack.token()
    await expectProblem(await post({ token, body: 'nonsense' }), 400, 'csr-malformed')
    await expectProblem(await post({ token, body: '' }), 400, 'csr-malformed')
    await expectProblem(await post({ token, body: 'x'.repeat(hostLimits.bodyOctets) }), 413, 'body-too-large')
    await expectProblem(await post({ token, type: 'application/xml' }), 415, 'media-type-unsupported')
    await expectProblem(
      await post({ token, type: 'application/json', body: '{"csr":1}' }),
      400,
      'request-malformed',
    )
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const stolen = encodePem('CERTIFICATE REQUEST', createCsr(privateKey, publicKey))
    await expectProblem(await post({ token, body: stolen }), 400, 'csr-signature-invalid')
    expect((await post({ token })).status).toBe(201)
  })

  it('takes tokens about the device up to their limits, beside a token that nearly fills the header, and no more', async () => {
    const token = await stack.token({ groups: Array.from({ length: 240 }, () => randomUUID()) })
    expect(token.length).toBeGreaterThan(12 * 1024)
    const csr = await newCsr()
    const send = (members: object, length = 0) =>
      post({ token, type: 'application/json', body: JSON.stringify({ csr, ...members }).padEnd(length) })
    const of = (member: keyof typeof memberLimits, more = 0) => ({
      [member]: 'x'.repeat(memberLimits[member] + more),
    })
    const { maxOctets } = bodyLimits.certificates['application/json']
    // The tenant has no evidence configured: what is sent of it is not looked at.
    const full = { ...of('posture'), ...of('attestation') }
    expect([(await send(full)).status, (await send(full, maxOctets)).status]).toEqual([201, 200])
    for (const member of ['posture', 'attestation', 'csr'] as const) {
      const answer = await send(of(member, 1))
      expect(await answer.clone().json()).toHaveProperty(
        'detail',
        expect.stringContaining(`"${member}" has ${memberLimits[member] + 1} characters`),
      )
      await expectProblem(answer, 413, 'body-too-large')
    }
    await expectProblem(await send(full, maxOctets + 1), 413, 'body-too-large')
    await expectProblem(await send({ posture: 5 }), 400, 'request-malformed')
    // Elsewhere than in JSON there is no room for them: the limits are as narrow as requests are.
    const { maxOctets: narrow } = bodyLimits.certificates['text/plain']
    await expectProblem(
      await post({ token, body: csr.padEnd(narrow + 1), type: 'text/plain' }),
      413,
      'body-too-large',
    )
  })

  it('refuses two Authorization headers', async () => {
    const body = await newCsr()
    const headers = ['host', '127.0.0.1', 'content-type', 'text/plain']
    headers.push('content-length', String(Buffer.byteLength(body)))
    for (let i = 0; i < 2; i++) headers.push('authorization', `Bearer ${await stack.token()}`)
    const [status, document] = await new Promise<[number | undefined, string]>((resolve, reject) => {
      const url = `${stack.url}/v1/contoso/certificates`
      const outgoing = request(url, { method: 'POST', headers }, (response) => {
        text(response).then((content) => resolve([response.statusCode, content]), reject)
      })
      outgoing.once('error', reject).end(body)
    })
    expect(status).toBe(400)
    expect(document).toContain('authorization-ambiguous')
  })

  it('logs one line a request, without token, key or user', async () => {
    const token = await stack.token({ upn: 'canary@contoso.example' })
    const body = await newCsr()
    stack.lines.length = 0
    await post({ token, body })
    await post({ token })
    const lines = stack.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ status, code, tenant }) => [status, code, tenant])).toEqual([
      [201, 'ok', 'contoso'],
      [409, 'token-replayed', 'contoso'],
    ])
    for (const part of [...token.split('.'), 'canary', ...body.split('\n').slice(1, 3)]) {
      expect(stack.lines.join('\n')).not.toContain(part)
    }
  })
})

describe('the other paths', () => {
  it('serve the trust bundle as JSON and PEM, to GET and HEAD', async () => {
    const pem = await fetch(`${stack.url}/v1/contoso/trust.pem`)
    expect(pem.status).toBe(200)
    // Two roots and an issuer, without the standby root certified by the first: OpenVPN takes each name once.
    expect((await pem.text()).match(/BEGIN CERTIFICATE/g)).toHaveLength(3)
    const head = await fetch(`${stack.url}/v1/contoso/trust.pem`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const bundle = await (await fetch(`${stack.url}/v1/contoso/trust.json`)).json()
    expect(bundle).toMatchObject({
      tenant: 'contoso',
      roots: [{ state: 'active' }, { state: 'staged' }],
      issuers: [{ state: 'active' }],
    })
    await expectProblem(await fetch(`${stack.url}/v1/nobody/trust.pem`), 404, 'tenant-unknown')
  })

  it('tell that the process is up and ready', async () => {
    expect((await fetch(`${stack.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${stack.url}/healthz`, { method: 'HEAD' })).status).toBe(200)
    const ready = await fetch(`${stack.url}/readyz`)
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, tables: 'ok', signer: 'ok' }])
  })

  it('answer unknown paths with 404 and wrong methods with 405 and Allow', async () => {
    await expectProblem(await fetch(`${stack.url}/`), 404, 'not-found')
    await expectProblem(await fetch(`${stack.url}/v1/contoso/nothing`), 404, 'not-found')
    const wrong = await fetch(`${stack.url}/v1/contoso/certificates`)
    expect(wrong.headers.get('allow')).toBe('POST')
    await expectProblem(wrong, 405, 'method-not-allowed')
    await expectProblem(await fetch(`${stack.url}/%68ealthz`, { method: 'POST' }), 405, 'method-not-allowed')
    const deleted = await fetch(`${stack.url}/v1/contoso/trust.pem`, { method: 'DELETE' })
    expect(deleted.headers.get('allow')).toBe('GET, HEAD')
    await expectProblem(deleted, 405, 'method-not-allowed')
  })
})
