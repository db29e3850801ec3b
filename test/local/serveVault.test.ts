import { createHash, createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type RunningVault, serveVault, standInVault } from '../../local/serveVault.ts'
import { localServerIdentity } from '../../local/serverIdentity.ts'
import { temporaryFolder } from './temporaryFolder.ts'

const token = 'a token of the test'
const apiVersion = '?api-version=2025-07-01'

/** Starts a vault with its keys in this folder, until the test ends. */
const start = async (folder: string): Promise<RunningVault> => {
  const tls = await localServerIdentity(join(folder, 'tls'), '127.0.0.1')
  const vault = standInVault({ folder: join(folder, 'keys'), token })
  const running = await serveVault(vault, { port: 0, tls })
  onTestFinished(() => running.close())
  return running
}

interface Asking {
  readonly method?: string
  readonly authorization?: string | undefined
  readonly body?: unknown
  /** The client's id of the request. */
  readonly id?: string
}

const good = `Bearer ${token}`

/** Sends one request, without the SDK. */
const ask = async ({ url, caFile }: RunningVault, path: string, asking: Asking = {}) => {
  const ca = await readFile(caFile, 'utf8')
  const { method = asking.body === undefined ? 'GET' : 'POST', body } = asking
  const authorization = 'authorization' in asking ? asking.authorization : good
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(asking.id === undefined ? {} : { 'x-ms-client-request-id': asking.id }),
  }
  return new Promise<{
    status: number | undefined
    challenge: string | undefined
    ids: unknown[]
    document: unknown
  }>((resolve, reject) => {
    const sent = request(`${url}${path}`, { ca, method, headers }, (response) => {
      const challenge = response.headers['www-authenticate']
      const ids = ['x-ms-request-id', 'x-ms-client-request-id'].map((name) => response.headers[name])
      text(response)
        .then((answer) =>
          resolve({ status: response.statusCode, challenge, ids, document: JSON.parse(answer) }),
        )
        .catch(reject)
    })
    sent.once('error', reject)
    sent.end(typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body))
  })
}

/** An answer of Azure that was recorded. */
interface RecordedAnswer {
  readonly status: number
  readonly clientRequestId: string
  readonly requestId: string
  readonly code?: string
}

const code = (document: unknown) => (document as { error: { code: string } }).error.code

interface Bundle {
  readonly key: JsonWebKey & { readonly kid: string }
}

const createKey = async (vault: RunningVault, name = 'a', body: object = { kty: 'EC', crv: 'P-256' }) => {
  const { document } = await ask(vault, `/keys/${name}/create${apiVersion}`, { body })
  return (document as Bundle).key
}

describe('the stand-in for Key Vault', () => {
  it.each([undefined, '', 'Bearer', 'Bearer another', `bearer ${token}`, `Basic ${token}`])(
    'challenges who sends the authorization %j',
    async (authorization) => {
      const vault = await start(await temporaryFolder())
      const answer = await ask(vault, `/keys/a${apiVersion}`, { authorization })
      expect([answer.status, code(answer.document)]).toEqual([401, 'Unauthorized'])
      expect(answer.challenge).toMatch(
        /^Bearer authorization="https:\/\/[^"]+", resource="https:\/\/vault\.azure\.net"$/,
      )
    },
  )

  it.each([
    ['P-256', { kty: 'EC', crv: 'P-256' }, 'ES256', 'sha256'],
    ['P-384', { kty: 'EC', crv: 'P-384' }, 'ES384', 'sha384'],
    ['RSA', { kty: 'RSA', key_size: 3072 }, 'RS256', 'sha256'],
  ] as const)('makes a key of %s, shows it, and signs digests with it', async (_name, body, alg, digest) => {
    const vault = await start(await temporaryFolder())
    const key = await createKey(vault, 'a', body)
    expect(key.kid).toMatch(new RegExp(`^${vault.url}/keys/a/[0-9a-f]{32}$`))
    const { pathname } = new URL(key.kid)
    for (const path of ['/keys/a', '/keys/a/', pathname]) {
      expect((await ask(vault, `${path}${apiVersion}`)).document).toMatchObject({
        key: { ...key, key_ops: ['sign'] },
        attributes: { enabled: true },
      })
    }
    const value = createHash(digest).update('text').digest('base64url')
    const signed = await ask(vault, `${pathname}/sign${apiVersion}`, { body: { alg, value } })
    const answer = signed.document as { kid: string; value: string }
    expect(answer.kid).toBe(key.kid)
    const publicKey = createPublicKey({ key, format: 'jwk' })
    const signature = Buffer.from(answer.value, 'base64url')
    const judge = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
    expect(verify(digest, Buffer.from('text'), judge, signature)).toBe(true)
    expect(verify(digest, Buffer.from('other'), judge, signature)).toBe(false)
  })

  it('gives each answer an id of its own beside that of its client, as the recorded answers of Azure do', async () => {
    const vectors = new URL('../vectors/vault/sign-es256.json', import.meta.url)
    const recorded = JSON.parse(await readFile(vectors, 'utf8')) as Record<string, RecordedAnswer>
    const vault = await start(await temporaryFolder())
    const { pathname } = new URL((await createKey(vault)).kid)
    const body = { alg: 'ES256', value: recorded['digest'] }
    const asked = {
      unknown: await ask(vault, `/keys/a${apiVersion}`, { authorization: undefined, id: 'mine' }),
      missing: await ask(vault, `/keys/b${apiVersion}`, { id: 'mine' }),
      signed: await ask(vault, `${pathname}/sign${apiVersion}`, { body, id: 'mine' }),
    }
    for (const [name, { status, ids, document }] of Object.entries(asked)) {
      expect([status, ids[1]]).toEqual([recorded[name]?.status, 'mine'])
      expect(recorded[name]?.requestId).not.toBe(recorded[name]?.clientRequestId)
      if (recorded[name]?.code !== undefined) expect(code(document)).toBe(recorded[name].code)
    }
    expect(new Set(Object.values(asked).map(({ ids }) => ids[0])).size).toBe(3)
    expect((await ask(vault, `/keys/a${apiVersion}`)).ids[1]).toBeUndefined()
  })

  it('makes another version of a key that exists, shows it first, and keeps the others', async () => {
    const vault = await start(await temporaryFolder())
    const versions = [await createKey(vault), await createKey(vault), await createKey(vault)]
    expect(new Set(versions.map(({ kid }) => kid)).size).toBe(3)
    const newest = await ask(vault, `/keys/a${apiVersion}`)
    expect((newest.document as Bundle).key.kid).toBe(versions[2]?.kid)
    for (const { kid, x } of versions) {
      const { document } = await ask(vault, `${new URL(kid).pathname}${apiVersion}`)
      expect((document as Bundle).key).toMatchObject({ kid, x })
    }
  })

  it('keeps its keys over a restart, in files that nobody else can read', async () => {
    const folder = await temporaryFolder()
    const { x } = await createKey(await start(folder))
    const { document } = await ask(await start(folder), `/keys/A${apiVersion}`)
    expect((document as Bundle).key.x).toBe(x)
    const [file = ''] = await readdir(join(folder, 'keys', 'a'))
    if (process.platform !== 'win32')
      expect((await stat(join(folder, 'keys', 'a', file))).mode & 0o777).toBe(0o600)
  })

  const digest = Buffer.alloc(32, 1).toString('base64url')
  it.each([
    ['an unknown key', '/keys/b', {}, 404, 'KeyNotFound'],
    ['an unknown version', `/keys/a/${'0'.repeat(32)}`, {}, 404, 'KeyNotFound'],
    ['to sign with an unknown key', `/keys/b/${'0'.repeat(32)}/sign`, { body: {} }, 404, 'KeyNotFound'],
    ['another path', '/secrets/a', {}, 404, 'NotFound'],
    ['a path that leaves the keys', '/keys/..%2f..%2ftls', {}, 404, 'NotFound'],
    ['to delete', '/keys/a', { method: 'DELETE' }, 405, 'MethodNotAllowed'],
    [
      'to sign with whatever is newest',
      '/keys/a//sign',
      { body: { alg: 'ES256', value: digest } },
      405,
      'MethodNotAllowed',
    ],
    ['an unknown curve', '/keys/b/create', { body: { kty: 'EC', crv: 'P-521' } }, 400, 'BadParameter'],
    [
      'a key of a hardware module',
      '/keys/b/create',
      { body: { kty: 'EC-HSM', crv: 'P-256' } },
      400,
      'BadParameter',
    ],
    ['a small RSA key', '/keys/b/create', { body: { kty: 'RSA', key_size: 1024 } }, 400, 'BadParameter'],
    ['what is no JSON', '/keys/b/create', { body: '{' }, 400, 'BadParameter'],
  ] as const)('refuses %s', async (_what, path, asking, status, expected) => {
    const vault = await start(await temporaryFolder())
    await createKey(vault)
    const answer = await ask(vault, `${path}${apiVersion}`, asking)
    expect([answer.status, code(answer.document)]).toEqual([status, expected])
  })

  it('refuses requests without an API version, and digests that do not fit the key', async () => {
    const vault = await start(await temporaryFolder())
    const { pathname } = new URL((await createKey(vault)).kid)
    expect(await ask(vault, '/keys/a')).toMatchObject({ status: 400 })
    for (const body of [
      { alg: 'ES384', value: digest },
      { alg: 'RS256', value: digest },
      { alg: 'ES256', value: digest.slice(2) },
      { alg: 'ES256' },
    ]) {
      expect(await ask(vault, `${pathname}/sign${apiVersion}`, { body })).toMatchObject({ status: 400 })
    }
  })
})
