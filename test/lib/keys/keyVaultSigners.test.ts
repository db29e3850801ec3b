import { probeOctets, type SigningKey } from '../../../lib/keys/signer.ts'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { lazyCredential } from '../../../lib/keys/keyVaultAccess.ts'
import { parsePublicKey, type PublicKey } from '../../../lib/x509/publicKey.ts'
import { verifiesSignature } from '../../../lib/x509/signatureAlgorithm.ts'
import type { VaultResponse } from '../../../local/serveVault.ts'
import { type Fault, type FaultyVault, faultyVault, vaultToken } from '../../faultyVault.ts'

const requestId = 'f9a5c1f0-0000-4000-8000-000000000001'
const name = 'contoso--issuer-1'
const challenge = 'Bearer authorization="https://login.example/t", resource="https://vault.azure.net"'

let vault: FaultyVault
let reference: string
let publicKey: PublicKey

beforeAll(async () => {
  vault = await faultyVault()
  reference = await vault.keys().create('contoso.issuer-1', 'ES256')
  publicKey = parsePublicKey((await vault.keys().open(reference)).publicKey)
})

afterAll(() => vault[Symbol.asyncDispose]())

/** Where the requests of this test start in the log. */
let before: number
const logged = () => vault.log.slice(before)

beforeEach(() => {
  Object.assign(vault, { fault: undefined, outage: undefined, tokens: 0 })
  before = vault.log.length
})

const verifies = (signature: Uint8Array): boolean =>
  verifiesSignature({ algorithm: 'ES256', publicKey: publicKey.keyObject, signed: probeOctets, signature })

const signingKey = (changes: Parameters<FaultyVault['signers']>[0] = {}): Promise<SigningKey> =>
  vault.signers(changes).open(reference, 'ES256')

describe('keyVaultSigners()', () => {
  it('signs without reading the key, after one challenge', async () => {
    const key = await signingKey()
    expect(logged()).toEqual([])
    expect(verifies(await key.probe(requestId))).toBe(true)
    expect(verifies(await key.probe(requestId))).toBe(true)
    expect(logged().map(({ operation, isKnown }) => [operation, isKnown])).toEqual([
      ['sign', false],
      ['sign', true],
      ['sign', true],
    ])
    expect(vault.tokens).toBe(1)
  })

  it('has one client a key: a key that is opened again is challenged no more', async () => {
    const signers = vault.signers()
    for (let times = 0; times < 3; times++) {
      await (await signers.open(reference, 'ES256')).probe(requestId)
    }
    expect(logged().filter(({ isKnown }) => !isKnown)).toHaveLength(1)
  })

  it('signs again after a token that never came', async () => {
    let asked = 0
    const token = { token: vaultToken, expiresOnTimestamp: Date.now() + 3_600_000 }
    const getToken = () => ((asked += 1) === 1 ? new Promise<never>(() => undefined) : Promise.resolve(token))
    const key = await signingKey({ credential: lazyCredential(async () => ({ getToken }), 100) })
    await expect(key.probe(requestId)).rejects.toBeInstanceOf(Refusal)
    expect(verifies(await key.probe(requestId))).toBe(true)
  })

  it('signs twenty at once from the first on, even when the answer to the first is slow', async () => {
    let isFirst = true
    vault.outage = async (_, answer) => {
      const waits = isFirst
      isFirst = false
      if (waits) await delay(30)
      return answer()
    }
    const key = await signingKey()
    const signatures = await Promise.all(Array.from({ length: 20 }, () => key.probe(randomUUID())))
    expect(signatures.map(verifies)).toEqual(signatures.map(() => true))
    expect(logged().filter(({ isKnown }) => !isKnown)).toHaveLength(1)
    expect(logged()).toHaveLength(21)
  })

  it("sends its request id, and tells that of the answer, which the vault's log shows: the ledger stores both", async () => {
    const key = await signingKey()
    const ids = Array.from({ length: 5 }, () => randomUUID())
    const told: (readonly [ours: string, theirs: string])[] = []
    await Promise.all(ids.map((id) => key.probe(id, { onLogged: (theirs) => told.push([id, theirs]) })))
    const shown = logged().filter(({ isKnown }) => isKnown)
    expect(new Map(shown.map((request) => [request.requestId, request.id]))).toEqual(new Map(told))
    expect([shown.length, told.length, new Set(told.flat()).size]).toEqual([5, 5, 10])
    expect(logged().map(({ path }) => path)).toContain(new URL(`${reference}/sign`).pathname)
  })

  it('tells the id of the answer that counts, also where it is refused, and none where none arrived', async () => {
    const ids: string[] = []
    const key = await signingKey()
    let faults = 1
    vault.fault = async (_, answer) => (faults-- > 0 ? { status: 500, body: '' } : answer())
    await key.probe(requestId, { onLogged: (id) => ids.push(id) })
    expect(ids).toEqual([logged().at(-1)?.id])
    vault.fault = altered(({ kid }) => ({ kid, value: octets(63) }))
    await expect(key.probe(requestId, { onLogged: (id) => ids.push(id) })).toRefuse('signer-unavailable')
    expect(ids.slice(1)).toEqual([logged().at(-1)?.id])
    vault.fault = () => Promise.resolve(undefined)
    await expect(key.probe(requestId, { onLogged: (id) => ids.push(id) })).toRefuse('signer-unavailable')
    vault.fault = async (_, answer) => ({
      ...(await answer()),
      headers: { 'x-ms-request-id': 'an id, "quoted"' },
    })
    await key.probe(requestId, { onLogged: (id) => ids.push(id) })
    expect(ids).toHaveLength(2)
  })

  it('signs with its own version after a rotation', async () => {
    const key = await signingKey()
    await key.probe(requestId)
    await vault.rotate(name)
    expect(verifies(await key.probe(requestId))).toBe(true)
    expect(verifies(await (await signingKey()).probe(requestId))).toBe(true)
    expect(await vault.keys().create('contoso.issuer-1', 'ES256')).not.toBe(reference)
  })

  it('gets over passing faults within its budget: two retries', async () => {
    let faults = 2
    vault.fault = async (_, answer) => (faults-- > 0 ? { status: 500, body: '' } : answer())
    expect(verifies(await (await signingKey()).probe(requestId))).toBe(true)
    expect(logged().filter(({ isKnown }) => isKnown)).toHaveLength(3)
  })

  it('signs again after an outage, though its first call met it', async () => {
    const key = await signingKey()
    vault.outage = () => Promise.resolve(undefined)
    await expect(key.probe(requestId)).toRefuse('signer-unavailable')
    vault.outage = undefined
    const signatures = await Promise.all(Array.from({ length: 5 }, () => key.probe(requestId)))
    expect(signatures.map(verifies)).toEqual(signatures.map(() => true))
  })
})

const answer =
  (response: VaultResponse): Fault =>
  () =>
    Promise.resolve(response)

const failure = (status: number, code: string, innerCode?: string, headers?: VaultResponse['headers']) =>
  answer({
    status,
    body: {
      error: {
        code,
        message: 'The vault says why.',
        ...(innerCode ? { innererror: { code: innerCode } } : {}),
      },
    },
    ...(headers ? { headers } : {}),
  })

const busy = (retryAfter?: string, status = 429) =>
  failure(status, 'Throttled', undefined, retryAfter === undefined ? {} : { 'retry-after': retryAfter })

/** Changes the good answer of a signing. */
const altered =
  (change: (body: { kid: string; value: string }) => unknown): Fault =>
  async (_, answerWell) => {
    const { status, body } = await answerWell()
    return { status, body: change(body as { kid: string; value: string }) }
  }

const octets = (length: number) => Buffer.alloc(length, 1).toString('base64url')

/** A way to go wrong: after how many seconds a retry may help, what the detail says, how often the vault was asked. */
type Row = readonly [string, Fault, 'signer-refused' | 'signer-unavailable', number, RegExp, number]

const refused = (what: string, fault: Fault, detail: RegExp): Row => [
  what,
  fault,
  'signer-refused',
  60,
  detail,
  1,
]
const shed = (what: string, fault: Fault, seconds: number): Row => [
  what,
  fault,
  'signer-unavailable',
  seconds,
  /busy/,
  1,
]
const retried = (what: string, fault: Fault, detail: RegExp): Row => [
  what,
  fault,
  'signer-unavailable',
  5,
  detail,
  3,
]
const senseless = (what: string, fault: Fault): Row => [
  what,
  fault,
  'signer-unavailable',
  5,
  /makes no sense/,
  1,
]

const html = { 'content-type': 'text/html' }
const forbidden = (innerCode: string) => failure(403, 'Forbidden', innerCode)
const signatureOf = (value: unknown) => altered(({ kid }) => ({ kid, value }))
const keyId = (change: (kid: string) => string) => altered(({ kid, value }) => ({ value, kid: change(kid) }))

const refusals: readonly Row[] = [
  refused(
    '401',
    failure(401, 'Unauthorized', undefined, { 'www-authenticate': challenge }),
    /answered 401, Unauthorized/,
  ),
  refused('401 without a challenge', failure(401, 'Unauthorized'), /answered 401/),
  refused('403, a disabled key', forbidden('KeyDisabled'), /answered 403, Forbidden, KeyDisabled/),
  refused('403, an expired key', forbidden('KeyExpired'), /KeyExpired/),
  refused('403, no permission', forbidden('ForbiddenByRbac'), /ForbiddenByRbac/),
  refused('403 without a body', answer({ status: 403, body: '' }), /answered 403/),
  refused('403 with HTML', answer({ status: 403, body: '<p>no', headers: html }), /answered 403/),
  refused('403 with JSON that is none', answer({ status: 403, body: '{' }), /answered 403/),
  refused('404', failure(404, 'KeyNotFound'), /answered 404, KeyNotFound/),
  refused('400, another kind of key', failure(400, 'BadParameter'), /answered 400, BadParameter/),
  refused('an error code that is a sentence', failure(404, 'see https://example.com'), /answered 404 \(/),
  shed('429 with Retry-After', busy('7'), 7),
  shed('429 with Retry-After: 0', busy('0'), 1),
  shed('429 with a Retry-After of an hour', busy('3600'), 60),
  shed('429 with a date', busy('Fri, 31 Dec 2027 23:59:59 GMT'), 5),
  shed('429 without Retry-After', busy(), 5),
  shed('503 with Retry-After', busy('9', 503), 9),
  retried('503', failure(503, 'ServiceUnavailable'), /answered 503/),
  retried('500 without a body', answer({ status: 500, body: '' }), /answered 500/),
  retried('408', failure(408, 'RequestTimeout'), /answered 408/),
  retried('a connection that breaks', () => Promise.resolve(undefined), /cannot be asked \(ECONNRESET\)/),
  senseless('a redirection', answer({ status: 307, body: '', headers: { location: '/elsewhere' } })),
  senseless('JSON that is none', answer({ status: 200, body: `{${vaultToken}` })),
  senseless('HTML', answer({ status: 200, body: '<p>', headers: html })),
  senseless('nothing', answer({ status: 200, body: '' })),
  senseless('null', answer({ status: 200, body: 'null' })),
  senseless(
    'no signature',
    altered(({ kid }) => ({ kid })),
  ),
  senseless('a signature that is a number', signatureOf(5)),
  senseless('a signature of 63 octets', signatureOf(octets(63))),
  senseless('a signature of 65 octets', signatureOf(octets(65))),
  senseless('a signature for RSA', signatureOf(octets(256))),
  senseless(
    'no key id',
    altered(({ value }) => ({ value })),
  ),
  senseless(
    'another version',
    keyId((kid) => kid.replace(/.{32}$/, '0'.repeat(32))),
  ),
  senseless(
    'another key',
    keyId((kid) => kid.replace(name, 'other')),
  ),
]

describe('a key in a vault that fails', () => {
  it.each(refusals)('refuses %s', async (_what, fault, code, retryAfterSeconds, detail, asked) => {
    const key = await signingKey()
    vault.fault = fault
    const refusal = await key.probe(requestId).catch((error: unknown) => error)
    await expect(Promise.reject(refusal as Refusal)).toRefuse(code, detail)
    const { status, options } = refusal as Refusal
    expect([status, options.retryAfterSeconds]).toEqual([503, retryAfterSeconds])
    expect((refusal as Refusal).detail).toContain(`${name} of ${vault.host}`)
    expect((refusal as Refusal).detail).toContain(requestId)
    expect(logged().filter(({ isKnown }) => isKnown)).toHaveLength(asked)
    vault.fault = undefined
    expect(verifies(await key.probe(requestId))).toBe(true)
  })

  it('gives up when time is over, for all who wait', async () => {
    const key = await signingKey({ timeoutMilliseconds: 150 })
    vault.fault = () => new Promise(() => undefined)
    const waiting = Array.from({ length: 5 }, () => key.probe(requestId))
    for (const signature of await Promise.allSettled(waiting)) {
      expect(signature).toMatchObject({ status: 'rejected', reason: { code: 'signer-unavailable' } })
      expect(String((signature as PromiseRejectedResult).reason)).toContain('did not answer in time')
    }
  })

  it('says nothing that holds the token, to the client or to the log', async () => {
    for (const [, fault] of refusals.filter(([, , , , , asked]) => asked < 3)) {
      vault.fault = fault
      const refusal = await (await signingKey()).probe(requestId).catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(Refusal)
      expect(inspect(refusal, { depth: Infinity, showHidden: true })).not.toContain(vaultToken)
    }
  })

  it('refuses when nothing listens, and when the host is not whom the authority vouches for', async () => {
    const down = { host: '127.0.0.1:9', vaultUrl: 'https://127.0.0.1:9' }
    const nobody = await vault.signers(down).open(reference.replace(vault.host, down.host), 'ES256')
    await expect(nobody.probe(requestId)).toRefuse('signer-unavailable', /\(ECONNREFUSED\)/)
    const distrusting = await signingKey({ ca: undefined })
    await expect(distrusting.probe(requestId)).toRefuse('signer-unavailable', /cannot be asked \(/)
    expect(logged()).toEqual([])
  })

  it('refuses when there is no access token', async () => {
    const unavailable = Object.assign(new Error('no identity'), { name: 'CredentialUnavailableError' })
    const failing = await signingKey({ credential: { getToken: () => Promise.reject(unavailable) } })
    await expect(failing.probe(requestId)).toRefuse('signer-unavailable', /CredentialUnavailableError/)
    const without = await signingKey({ credential: { getToken: () => Promise.resolve(null) } })
    await expect(without.probe(requestId)).toRefuse('signer-unavailable', /cannot be asked/)
  })
})

describe('keyVaultSigners().open()', () => {
  const refusedIds = [
    ['without a version', () => reference.replace(/\/[0-9a-f]{32}$/, ''), /it has no version/],
    [
      'of a vault that is not the one',
      () => reference.replace(vault.host, 'a-vault.vault.azure.net'),
      /its host is not 127/,
    ],
    ['of another port', () => reference.replace(/:\d+/, ':1'), /its host is not 127/],
    ['of a local key', () => 'local:contoso.issuer-1', /not of the form/],
  ] as const

  it.each(refusedIds)('refuses a reference %s, and asks nobody', async (_what, id, detail) => {
    await expect(vault.signers().open(id(), 'ES256')).toRefuse('signer-refused', detail)
    expect([logged(), vault.tokens]).toEqual([[], 0])
  })

  it("keeps the token of Azure's vaults from any other host", async () => {
    const azure = vault.signers({ host: undefined })
    await expect(azure.open(reference, 'ES256')).toRefuse('signer-refused', /not one of Azure's vaults/)
    expect([logged(), vault.tokens]).toEqual([[], 0])
  })
})
