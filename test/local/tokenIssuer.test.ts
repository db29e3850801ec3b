import { readFile, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { demoClaims } from '../../client/demoClaims.ts'
import { parseUuid } from '../../lib/text/parseUuid.ts'
import { demoDeviceId, usualAttestation, usualPosture } from '../../local/demoDeviceId.ts'
import { demoAudience, demoClient } from '../../local/signAccessToken.ts'
import { startTokenIssuer, type TokenIssuer } from '../../local/tokenIssuer.ts'
import { temporaryFolder } from './temporaryFolder.ts'

const clientSecret = 'a secret of the test'

/** Starts an issuer that keeps its key in this folder, until the test ends. */
const start = async (folder: string): Promise<TokenIssuer> => {
  const issuer = await startTokenIssuer({ port: 0, keyFile: join(folder, 'issuer.pem'), clientSecret })
  onTestFinished(() => issuer.close())
  return issuer
}

const startAnew = async () => start(await temporaryFolder())

const basic = (client: string, secret: string) =>
  `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`

const ask = (
  issuer: TokenIssuer,
  form: Record<string, string>,
  { authorization = basic(demoClient, clientSecret), path = '/token' } = {},
) =>
  fetch(issuer.url + path, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams(form),
  })

const tokenOf = async (issuer: TokenIssuer, form: Record<string, string>, path?: string): Promise<string> => {
  const { access_token } = (await (await ask(issuer, form, path === undefined ? {} : { path })).json()) as {
    access_token: string
  }
  return access_token
}

const keySetOf = async (issuer: TokenIssuer) => {
  const response = await fetch(`${issuer.url}/jwks`)
  return createLocalJWKSet((await response.json()) as JSONWebKeySet)
}

/** Verifies a token as a relying party does that knows nothing but the issuer's URL. */
const verifyFrom = async (issuer: TokenIssuer, token: string) =>
  jwtVerify(token, await keySetOf(issuer), {
    issuer: issuer.url,
    audience: demoAudience,
    typ: 'at+jwt',
    algorithms: ['RS256'],
  })

describe('the demo issuer', () => {
  it('is found by OpenID Connect discovery', async () => {
    const issuer = await startAnew()
    const response = await fetch(`${issuer.url}/.well-known/openid-configuration`)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toMatchObject({
      issuer: issuer.url,
      jwks_uri: `${issuer.url}/jwks`,
      token_endpoint: `${issuer.url}/token`,
    })
  })

  it('publishes public keys only', async () => {
    const issuer = await startAnew()
    const { keys } = (await (await fetch(`${issuer.url}/jwks`)).json()) as { keys: object[] }
    const members = keys.map((key) => Object.keys(key).sort())
    expect(members).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']])
  })

  it('issues RFC 9068 access tokens that its key set verifies', async () => {
    const issuer = await startAnew()
    const response = await ask(issuer, { username: 'Ada@Contoso.example' })
    expect(response.headers.get('cache-control')).toBe('no-store')
    const document = (await response.json()) as { access_token: string }
    expect(document).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
    const { payload } = await verifyFrom(issuer, document.access_token)
    expect(payload).toMatchObject({
      client_id: demoClient,
      upn: 'ada@contoso.example',
      [demoClaims.compliant]: true,
    })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900)
    expect(payload.sub).toMatch(/^[0-9a-f]{32}$/)
  })

  it('gives every token its own id and every user one subject', async () => {
    const issuer = await startAnew()
    const users = ['ada@contoso.example', 'ADA@contoso.example', 'bob@contoso.example']
    const tokens = await Promise.all(users.map((username) => tokenOf(issuer, { username })))
    const claims = await Promise.all(tokens.map(async (token) => (await verifyFrom(issuer, token)).payload))
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(3)
    const [ada, shouted, bob] = claims.map(({ sub }) => sub)
    expect(shouted).toBe(ada)
    expect(bob).not.toBe(ada)
  })

  it('says of a device what it is told, non-compliant as well', async () => {
    const issuer = await startAnew()
    const token = await tokenOf(issuer, { username: 'bob@contoso.example', compliant: 'false' })
    expect((await verifyFrom(issuer, token)).payload[demoClaims.compliant]).toBe(false)
  })

  it('says of a sign-in what it is told, in the place of what is usual, and lets nobody write what is its own', async () => {
    const issuer = await startAnew()
    const username = 'ada@contoso.example'
    const { payload: usual } = await verifyFrom(issuer, await tokenOf(issuer, { username }))
    expect(usual).toMatchObject({
      ip_country: 'NL',
      groups: [],
      guest: false,
      amr: ['pwd'],
      auth_time: usual.iat,
    })
    const others = {
      iss: 'x',
      aud: 'x',
      sub: 'x',
      exp: 1,
      upn: 'x',
      client_id: 'x',
      [demoClaims.compliant]: false,
    }
    const claims = JSON.stringify({ groups: ['a'], amr: null, sign_in_risk: 'high', ...others })
    const { payload } = await verifyFrom(issuer, await tokenOf(issuer, { username, claims }))
    expect(payload).toMatchObject({ groups: ['a'], amr: null, sign_in_risk: 'high', upn: username })
    expect([payload.sub, payload['client_id'], payload[demoClaims.compliant]]).toEqual([
      usual.sub,
      demoClient,
      true,
    ])
  })

  it('tells of devices under issuers and audiences of their own: a healthy one, unless it is told otherwise', async () => {
    const issuer = await startAnew()
    const username = 'Ada@Woodgrove.example'
    const verifyAbout = async (kind: 'posture' | 'attestation', form: Record<string, string> = {}) =>
      jwtVerify(await tokenOf(issuer, { username, ...form }, `/${kind}`), await keySetOf(issuer), {
        issuer: `${issuer.url}/${kind}`,
        audience: `urn:mayfly:demo:${kind}`,
        typ: kind === 'posture' ? 'posture+jwt' : 'eat+jwt',
      })
    const { payload: token } = await jwtVerify(await tokenOf(issuer, { username }), await keySetOf(issuer), {
      audience: 'urn:mayfly:demo:woodgrove',
    })
    const { payload: posture } = await verifyAbout('posture')
    expect(posture).toMatchObject({ upn: 'ada@woodgrove.example', facts: usualPosture })
    expect(posture['device_id']).toBe(token['device_id'])
    expect(posture['device_id']).toBe(demoDeviceId('ada@woodgrove.example'))
    expect(parseUuid(String(token['user_id']))).toBe(token['user_id'])
    const facts = JSON.stringify({ systemDriveEncrypted: false, osBuild: null })
    const { payload: told } = await verifyAbout('posture', { facts, device: 'another' })
    const { osBuild: _, ...rest } = usualPosture
    expect(told).toMatchObject({ device_id: 'another' })
    expect(told['facts']).toEqual({ ...rest, systemDriveEncrypted: false })
    const { payload: attested } = await verifyAbout('attestation', { key_sha256: 'A'.repeat(43) })
    expect(attested).toMatchObject({ eat_nonce: 'A'.repeat(43), facts: usualAttestation })
    for (const key_sha256 of ['', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}=`])
      expect((await ask(issuer, { username, key_sha256 }, { path: '/attestation' })).status).toBe(400)
  })

  it.each([
    ['another secret', basic(demoClient, 'another secret')],
    ['a longer secret', basic(demoClient, `${clientSecret}x`)],
    ['another client', basic('other', clientSecret)],
    ['the secret as a bearer token', `Bearer ${clientSecret}`],
    ['nothing', ''],
  ])('gives no token for %s', async (_, authorization) => {
    const issuer = await startAnew()
    for (const path of ['/token', '/posture', '/attestation']) {
      const response = await ask(issuer, { username: 'ada@contoso.example' }, { authorization, path })
      expect([response.status, await response.json()]).toEqual([401, { error: 'invalid_client' }])
    }
  })

  it.each([
    {},
    { username: '' },
    { user: 'ada@contoso.example' },
    { username: 'a', claims: '[]' },
    { username: 'a', claims: '{' },
  ])('gives no token for %j', async (form) => {
    const response = await ask(await startAnew(), form)
    expect([response.status, await response.json()]).toEqual([400, { error: 'invalid_request' }])
  })

  it('answers a form that is too large instead of hanging up', async () => {
    const issuer = await startAnew()
    const response = await ask(issuer, { username: 'a'.repeat(100_000) })
    expect([response.status, await response.json()]).toEqual([400, { error: 'invalid_request' }])
    expect((await ask(issuer, { username: 'ada@contoso.example' })).status).toBe(200)
  })

  it.each([
    ['GET', '/'],
    ['GET', '/token'],
    ['GET', '/jwks/'],
    ['GET', '/../token-issuer.secret'],
    ['POST', '/jwks'],
    ['DELETE', '/token'],
    ['GET', '/posture'],
  ])('answers %s %s with 404', async (method, path) => {
    const { port } = new URL((await startAnew()).url)
    const status = await new Promise((resolve, reject) => {
      const outgoing = request({ port, host: '127.0.0.1', method, path }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      outgoing.once('error', reject).end()
    })
    expect(status).toBe(404)
  })

  it('keeps its key, which nobody else can read, over restarts', async () => {
    const folder = await temporaryFolder()
    const first = await start(folder)
    const token = await tokenOf(first, { username: 'ada@contoso.example' })
    const key = await readFile(join(folder, 'issuer.pem'), 'utf8')
    await first.close()
    const second = await start(folder)
    expect(await readFile(join(folder, 'issuer.pem'), 'utf8')).toBe(key)
    const again = await tokenOf(second, { username: 'ada@contoso.example' })
    expect(decodeProtectedHeader(again).kid).toBe(decodeProtectedHeader(token).kid)
    await jwtVerify(token, await keySetOf(second), { issuer: first.url })
    if (process.platform !== 'win32')
      expect((await stat(join(folder, 'issuer.pem'))).mode & 0o777).toBe(0o600)
  })

  it('listens on 127.0.0.1 and on no other address of this machine', async () => {
    const { port } = new URL((await startAnew()).url)
    const others = Object.values(networkInterfaces())
      .flatMap((addresses = []) => addresses)
      .filter(({ address }) => address !== '127.0.0.1')
      .map(({ address, scopeid }) => (scopeid ? `${address}%${scopeid}` : address))
    // All of 127/8 is this machine, where that is so: whoever listens on every address answers there.
    for (const host of [...others, ...(process.platform === 'linux' ? ['127.0.0.2'] : [])]) {
      const reached = await new Promise((resolve) => {
        const socket = connect({ host, port: Number(port), timeout: 2000 })
        const settle = (answer: boolean) => () => {
          socket.destroy()
          resolve(answer)
        }
        socket.once('connect', settle(true)).once('error', settle(false)).once('timeout', settle(false))
      })
      expect(reached, host).toBe(false)
    }
  })

  it('tells when its port is taken', async () => {
    const { port } = new URL((await startAnew()).url)
    const keyFile = join(await temporaryFolder(), 'issuer.pem')
    await expect(startTokenIssuer({ port: Number(port), keyFile, clientSecret })).rejects.toThrow(
      /EADDRINUSE/,
    )
  })
})
