import { X509Certificate } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { requestTimes } from '../../../lib/deadline/requestTimes.ts'
import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import { enroll, type Enrolled, type Enrollment } from '../../../lib/enroll/enroll.ts'
import { ledgerKey, type LedgerKey, type LedgerToken } from '../../../lib/ledger/record/ledgerKey.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import type { TenantId } from '../../../lib/tenant/tenantId.ts'
import { verifyToken } from '../../../lib/token/verifyToken.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { jwkThumbprint } from '../../../lib/x509/publicKey.ts'
import { genericTrust, tenantDocument } from '../../tenants.ts'
import { genericTestIssuer, makeTokenKey, testUser, type TokenChanges } from '../../tokens.ts'
import {
  applyDocument,
  createWorld,
  servicesOf,
  enrollmentOf,
  makeDeviceKey,
  oldToken,
  testTime,
  uniqueTenantId,
  type World,
} from '../../world.ts'
import { setState } from '../authority/setState.ts'

const second = 1_000
const hour = 3_600 * second

/** The ledger row of a token, whatever became of it. */
const rowOf = async (world: World, token: string) => {
  const tenant = await world.services.tenants.resolve(world.tenant)
  const { facts } = await verifyToken(token, tenant, { keys: world.services.keys, now: testTime })
  const { table, ...key } = ledgerKey(facts satisfies LedgerToken)
  return world.tables.get(table, key)
}

const stranger = await makeTokenKey('ES256')

const octets = ({ entry }: Enrolled) => Buffer.from(entry.certificate).toString('hex')

describe('enroll()', () => {
  it('gives a certificate for a compliance token and a key, and records it', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const token = await world.issuer.token()
    const { created, entry, chain } = await world.enroll({ token, key })
    expect(created).toBe(true)
    expect(entry).toMatchObject({
      upn: 'alice@contoso.example',
      deviceId: testUser.deviceId,
      proof: 'compliantDevice',
      policy: 'default',
      signals: {
        version: 1,
        at: Math.floor(testTime.getTime() / 1000),
        user: 'alice',
        proofs: { compliantDevice: 'yes' },
      },
      revision: 1,
      issuerId: 'issuer~0001',
      issuedAt: testTime,
      keyHash: verifyCsr(key.csr()).keyHash,
    })
    const leaf = new X509Certificate(entry.certificate)
    const [issuer, ...more] = chain.map((der) => new X509Certificate(der))
    expect(more).toEqual([])
    expect(issuer && leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey)).toBe(true)
    expect(leaf.publicKey.export({ format: 'der', type: 'spki' }).equals(Buffer.from(key.spki))).toBe(true)
    expect(leaf.serialNumber.toLowerCase()).toBe(entry.serialNumber)
    const row = await rowOf(world, token)
    expect(row?.values).toMatchObject({ serialNumber: entry.serialNumber, requestId: entry.requestId })
    expect(world.keys.signatures).toBe(1)
  })

  it('signs with the request id that it records', async () => {
    await using world = await createWorld()
    const seen: string[] = []
    world.keys.signInstead = (signer, tbs, requestId) => {
      seen.push(requestId)
      return signer.sign(tbs, requestId)
    }
    const { entry } = await world.enroll()
    expect(seen).toEqual([entry.requestId])
    expect(entry.requestId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  })

  it('takes the CSR as DER, PEM and base64', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const [pem, base64] = [
      encodePem('CERTIFICATE REQUEST', key.csr()),
      Buffer.from(key.csr()).toString('base64'),
    ]
    for (const csr of [key.csr(), Buffer.from(pem), Buffer.from(base64)])
      expect((await world.enroll({ csr })).created).toBe(true)
  })

  it('takes a token bound to the key of the CSR, and no other key', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const cnf = { jkt: jwkThumbprint(verifyCsr(key.csr()).publicKey) }
    const token = await world.issuer.token({ claims: { cnf } })
    await expect(world.enroll({ token })).toRefuse('key-binding-mismatch')
    expect((await world.enroll({ token, key })).created).toBe(true)
  })
})

describe('enroll() again with a spent token', () => {
  it('gives the same octets for the same key, without a second signature', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const token = await world.issuer.token()
    const first = await world.enroll({ token, key })
    world.now = new Date(testTime.getTime() + 60 * second)
    const again = await world.enroll({ token, key })
    expect(again.created).toBe(false)
    expect(octets(again)).toBe(octets(first))
    expect(again.chain).toEqual(first.chain)
    expect(again.entry.renewalStart).toEqual(first.entry.renewalStart)
    expect(world.keys.signatures).toBe(1)
  })

  it('refuses another key, without a signature', async () => {
    await using world = await createWorld()
    const token = await world.issuer.token()
    await world.enroll({ token })
    await expect(world.enroll({ token })).toRefuse('token-replayed')
    expect(world.keys.signatures).toBe(1)
  })

  it('refuses the same key once renewal is due', async () => {
    await using world = await createWorld({ trust: { maxTokenAgeSeconds: 86_400 } })
    const key = makeDeviceKey()
    const token = await world.issuer.token()
    const { entry } = await world.enroll({ token, key })
    world.now = new Date(entry.renewalStart.getTime() - 1)
    expect((await world.enroll({ token, key })).created).toBe(false)
    world.now = entry.renewalStart
    await expect(world.enroll({ token, key })).toRefuse('token-spent')
    await expect(world.enroll({ token })).toRefuse('token-replayed')
    expect(world.keys.signatures).toBe(1)
  })

  it('refuses the same key once the token has expired, and takes a fresh one for it', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const exp = Math.floor(testTime.getTime() / second) + 60
    const token = await world.issuer.token({ claims: { exp } })
    await world.enroll({ token, key })
    world.now = new Date(exp * second - 1)
    expect((await world.enroll({ token, key })).created).toBe(false)
    world.now = new Date(exp * second)
    await expect(world.enroll({ token, key })).toRefuse('token-expired')
    expect((await world.enroll({ key })).created).toBe(true)
  })

  it('gives a new certificate for a new token of the same key', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const first = await world.enroll({ key })
    const next = await world.enroll({ key })
    expect(next.created).toBe(true)
    expect(next.entry.serialNumber).not.toBe(first.entry.serialNumber)
  })

  it('gives it from another instance of the app too', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const token = await world.issuer.token()
    const first = await world.enroll({ token, key })
    const instance = servicesOf(world.tables, {
      network: world.network,
      source: world.keys,
      now: () => world.now,
    })
    const again = await enroll(enrollmentOf({ tenant: world.tenant, token, csr: key.csr() }), instance)
    expect([again.created, octets(again)]).toEqual([false, octets(first)])
  })
})

describe('enroll() again after the issuer was tainted', () => {
  it('does not give out a certificate of an issuer that is distrusted since', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const token = await world.issuer.token()
    await world.enroll({ token, key })
    await setState(world.tables, world.tenant, 'issuer~0001', 'tainted')
    world.now = new Date(testTime.getTime() + 60 * second)
    await expect(world.enroll({ token, key })).toRefuse('token-spent', /distrusted/)
    await expect(world.enroll({ token })).toRefuse('token-replayed')
  })

  it.each(['retiring', 'retired'] as const)('gives out that of an issuer that is %s', async (state) => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const token = await world.issuer.token()
    const first = await world.enroll({ token, key })
    await setState(world.tables, world.tenant, 'issuer~0001', state)
    world.now = new Date(testTime.getTime() + 60 * second)
    expect(octets(await world.enroll({ token, key }))).toBe(octets(first))
    await expect(world.enroll()).toRefuse('issuer-unavailable')
  })
})

describe('enroll() in a race', () => {
  it('gives 50 requests with one token and one key one certificate', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const token = await world.issuer.token()
    const results = await Promise.all(Array.from({ length: 50 }, () => world.enroll({ token, key })))
    expect(new Set(results.map(octets)).size).toBe(1)
    expect(results.filter(({ created }) => created)).toHaveLength(1)
  })

  it('gives one of 50 keys a certificate and refuses 49', async () => {
    await using world = await createWorld()
    const token = await world.issuer.token()
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => world.enroll({ token })))
    const refusals = results.filter((result) => result.status === 'rejected')
    expect(refusals).toHaveLength(49)
    for (const { reason } of refusals) expect(reason).toMatchObject({ code: 'token-replayed' })
    expect((await rowOf(world, token))?.values['serialNumber']).toBe(
      results.find((result) => result.status === 'fulfilled')?.value.entry.serialNumber,
    )
  })
})

describe('enroll() refuses, without a ledger row and without a signature,', () => {
  it.each([false, 'true', undefined])(
    'a token that says device_compliant is %j',
    async (device_compliant) => {
      await using world = await createWorld()
      const token = await world.issuer.token({ claims: { device_compliant } })
      await expect(world.enroll({ token })).toRefuse('device-not-compliant')
      expect(await rowOf(world, token)).toBeUndefined()
      expect(world.keys.signatures).toBe(0)
    },
  )

  it('an unknown tenant', async () => {
    await using world = await createWorld()
    await expect(world.enroll({ tenant: uniqueTenantId() })).toRefuse('tenant-unknown')
    await expect(world.enroll({ tenant: '../tenants' })).toRefuse('tenant-unknown')
    expect(world.keys.signatures).toBe(0)
  })

  it.each<[string, RefusalCode, (world: World) => TokenChanges]>([
    ['is forged', 'token-signature-invalid', ({ issuer }) => ({ key: { ...stranger, kid: issuer.key.kid } })],
    ['names no key of the issuer', 'token-key-unknown', () => ({ key: stranger })],
    ['is for somebody else', 'token-audience-wrong', () => ({ claims: { aud: 'other' } })],
    ['has expired', 'token-expired', () => ({ claims: { exp: 1 } })],
  ])('a token that %s, and takes nothing of the body', async (_, code, changes) => {
    await using world = await createWorld()
    const readBody = vi.fn<Enrollment['readBody']>()
    const token = await world.issuer.token(changes(world))
    await expect(enroll({ tenant: world.tenant, token, readBody }, world.services)).toRefuse(code)
    expect(readBody).not.toHaveBeenCalled()
  })

  it('a token that does not verify, without asking the ledger', async () => {
    await using world = await createWorld()
    const token = await world.issuer.token({ claims: { aud: 'api://other' } })
    await expect(world.enroll({ token })).toRefuse('token-audience-wrong')
    await expect(world.enroll({ token: 'x' })).toRefuse('token-malformed')
    expect(world.tables.calls.filter(({ table }) => table.startsWith('ledger'))).toEqual([])
  })

  it.each([
    ['csr-malformed', 'a CSR that is no CSR', () => Buffer.from('no csr')],
    ['csr-malformed', 'an empty CSR', () => new Uint8Array()],
    ['csr-signature-invalid', "a CSR of another key's holder", () => tampered(makeDeviceKey().csr())],
  ] as const)('%s: %s', async (code, _, csr) => {
    await using world = await createWorld()
    const token = await world.issuer.token()
    await expect(world.enroll({ token, csr: csr() })).toRefuse(code)
    expect(await rowOf(world, token)).toBeUndefined()
    expect(world.keys.signatures).toBe(0)
    expect((await world.enroll({ token })).created).toBe(true)
  })

  it('a broken CSR also when the token is spent', async () => {
    await using world = await createWorld()
    const token = await world.issuer.token()
    await world.enroll({ token })
    await expect(world.enroll({ token, csr: Buffer.from('no csr') })).toRefuse('csr-malformed')
  })

  it('a tenant without an authority', async () => {
    await using world = await createWorld()
    const bare = uniqueTenantId()
    const bareIssuer = { ...world.issuer, url: `${world.issuer.url}/${bare}` }
    await applyDocument(
      world.tables,
      tenantDocument(bare, [genericTrust(bareIssuer, { jwksUri: `${world.issuer.url}/keys` })]),
    )
    const token = await world.issuer.token({ claims: { iss: bareIssuer.url } })
    await expect(world.enroll({ tenant: bare, token })).toRefuse('issuer-unavailable')
    expect(world.keys.signatures).toBe(0)
  })

  it('everybody while no issuer is active', async () => {
    await using world = await createWorld()
    await setState(world.tables, world.tenant, 'issuer~0001', 'staged')
    await expect(world.enroll()).toRefuse('issuer-unavailable')
    expect(world.keys.signatures).toBe(0)
  })
})

/** The request with a changed signature. */
const tampered = (csr: Uint8Array): Uint8Array => {
  const changed = Uint8Array.from(csr)
  const last = changed.length - 1
  changed[last] = (changed[last] ?? 0) ^ 1
  return changed
}

describe('enroll() when parts are down', () => {
  it('refuses with tables-unavailable and signs nothing when the ledger cannot be read', async () => {
    await using world = await createWorld()
    await world.enroll()
    world.tables.fault = () => 'failed'
    await expect(world.enroll({ token: await oldToken(world) })).toRefuse('tables-unavailable')
    expect(world.keys.signatures).toBe(1)
  })

  it('signs once for young tokens while nothing can be recorded: then the ledger is asked first', async () => {
    await using world = await createWorld()
    await world.enroll()
    world.tables.fault = () => 'failed'
    for (let i = 0; i < 3; i++) await expect(world.enroll()).toRefuse('tables-unavailable')
    expect(world.keys.signatures).toBe(2)
    world.tables.fault = () => undefined
    expect((await world.enroll()).created).toBe(true)
  })

  it('tells an earlier refusal although the ledger cannot be read', async () => {
    await using world = await createWorld()
    await world.enroll()
    world.tables.fault = () => 'failed'
    await expect(world.enroll({ csr: Buffer.from('no csr') })).toRefuse('csr-malformed')
  })

  it('refuses with tables-unavailable when nothing of the tenant is known', async () => {
    await using world = await createWorld()
    world.tables.fault = () => 'failed'
    await expect(world.enroll()).toRefuse('tables-unavailable')
  })

  it('releases no certificate that it could not record', async () => {
    await using world = await createWorld()
    const token = await world.issuer.token()
    world.tables.fault = ({ method }) => (method === 'insert' ? 'failed' : undefined)
    await expect(world.enroll({ token })).toRefuse('tables-unavailable')
    expect(await rowOf(world, token)).toBeUndefined()
    world.tables.fault = () => undefined
    expect((await world.enroll({ token })).created).toBe(true)
    expect(world.keys.signatures).toBe(2)
  })

  it('reads back what was recorded when the insert failed but persisted', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const token = await world.issuer.token()
    world.tables.fault = ({ method }) => (method === 'insert' ? 'failed but persisted' : undefined)
    const first = await world.enroll({ token, key })
    expect(first.created).toBe(true)
    expect((await rowOf(world, token))?.values['serialNumber']).toBe(first.entry.serialNumber)
    expect(octets(await world.enroll({ token, key }))).toBe(octets(first))
    expect(world.keys.signatures).toBe(1)
  })

  it('gives the recorded certificate to a retry when it could not be read back', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const token = await world.issuer.token()
    let isInserted = false
    world.tables.fault = ({ method, table }) => {
      if (!table.startsWith('ledger')) return undefined
      isInserted ||= method === 'insert'
      if (method === 'insert') return 'failed but persisted'
      return isInserted ? 'failed' : undefined
    }
    await expect(world.enroll({ token, key })).toRefuse('tables-unavailable')
    world.tables.fault = () => undefined
    const retried = await world.enroll({ token, key })
    expect(retried.created).toBe(false)
    expect((await rowOf(world, token))?.values['serialNumber']).toBe(retried.entry.serialNumber)
    expect(world.keys.signatures).toBe(1)
    await expect(world.enroll({ token })).toRefuse('token-replayed')
  })

  it('takes a row with its own request id for its own, when the insert was repeated', async () => {
    await using world = await createWorld()
    // As the SDK does when the reply to its first try was lost.
    const tables: Tables = {
      ...world.tables,
      insert: async (table, row) =>
        (await world.tables.insert(table, row)) && (await world.tables.insert(table, row)),
    }
    const instance = servicesOf(tables, { network: world.network, source: world.keys, now: () => world.now })
    const request = { tenant: world.tenant, token: await world.issuer.token(), csr: makeDeviceKey().csr() }
    expect((await enroll(enrollmentOf(request), instance)).created).toBe(true)
  })

  it('refuses, and records nothing, when the key does not answer or lies', async () => {
    await using world = await createWorld()
    const token = await world.issuer.token()
    world.keys.signInstead = () => Promise.reject(new Error('down'))
    await expect(world.enroll({ token })).toRefuse('signer-unavailable', /no issuer of the tenant could sign/)
    world.now = new Date(world.now.getTime() + second)
    world.keys.signInstead = () => Promise.resolve(Buffer.from('no signature'))
    await expect(world.enroll({ token })).toRefuse('signer-unavailable', /no issuer of the tenant could sign/)
    expect(await rowOf(world, token)).toBeUndefined()
    world.keys.signInstead = undefined
    await expect(world.enroll({ token })).toRefuse('issuer-unavailable', /rests/)
    world.now = new Date(world.now.getTime() + 2 * second)
    expect((await world.enroll({ token })).created).toBe(true)
  })

  it('refuses when the keys of the token issuer cannot be fetched', async () => {
    await using world = await createWorld()
    world.network.isDown = true
    await expect(world.enroll()).toRefuse('token-keys-unavailable')
  })

  it('waits no longer than the request has for its body, and gives the place back', async () => {
    await using world = await createWorld()
    const services = servicesOf(world.tables, {
      network: world.network,
      source: world.keys,
      now: () => world.now,
      times: requestTimes(0.5),
    })
    const never = () => new Promise<never>(() => undefined)
    const asked = { tenant: world.tenant, token: await world.issuer.token(), readBody: never }
    await expect(enroll(asked, services)).toRefuse('overloaded', /the sender of the body/)
    expect(services.places.taken).toBe(0)
  })

  it('passes a defect on', async () => {
    await using world = await createWorld()
    await world.enroll()
    world.tables.fault = ({ method }) => (method === 'get' ? new TypeError('a defect') : undefined)
    await expect(world.enroll({ token: await oldToken(world) })).rejects.toThrow('a defect')
  })
})

describe('enroll() gives the calls that are its own', () => {
  it('a signal that ends with the time of the request, and none to what others wait for too', async () => {
    await using world = await createWorld()
    const told: string[] = []
    const note = (name: string, table: string, signal: AbortSignal | undefined) =>
      void told.push(`${name} of ${table.replace(/\d+/, '')}${signal ? ' ends' : ''}`)
    const tables: Tables = {
      ...world.tables,
      get(table, key, signal) {
        note('get', table, signal)
        return world.tables.get(table, key, signal)
      },
      insert(table, row, signal) {
        note('insert', table, signal)
        return world.tables.insert(table, row, signal)
      },
    }
    const instance = servicesOf(tables, { network: world.network, source: world.keys, now: () => world.now })
    const enrollWith = async (token: string) =>
      enroll(enrollmentOf({ tenant: world.tenant, token, csr: makeDeviceKey().csr() }), instance)
    await enrollWith(await oldToken(world))
    const unhealthy = await world.issuer.token({ claims: { device_compliant: false } })
    await expect(enrollWith(unhealthy)).toRefuse('device-not-compliant')
    expect(told.filter((one) => /ledger|refusals/.test(one))).toEqual([
      'get of ledger ends',
      'insert of ledger ends',
      'insert of refusals ends',
    ])
    expect(told.filter((one) => one.includes('tenants'))).not.toContainEqual(expect.stringMatching(/ends$/))
  })
})

describe('enroll() follows the configuration in force:', () => {
  it('a tightened policy refuses within 30 s', async () => {
    await using world = await createWorld()
    await world.enroll()
    const strict = { complianceProofs: [{ kind: 'claim', claim: 'posture', equals: 'good' }] }
    await world.addTenant(tenantDocument(world.tenant, [genericTrust(world.issuer, strict)]))
    world.now = new Date(testTime.getTime() + 30 * second)
    await expect(world.enroll()).toRefuse('device-not-compliant')
    const token = await world.issuer.token({ claims: { posture: 'good' } })
    expect((await world.enroll({ token })).entry.revision).toBe(2)
  })

  it('a spent token of a device that is not compliant any more gets no second copy', async () => {
    await using world = await createWorld()
    const key = makeDeviceKey()
    const token = await world.issuer.token()
    await world.enroll({ token, key })
    const strict = { complianceProofs: [{ kind: 'claim', claim: 'posture', equals: 'good' }] }
    await world.addTenant(tenantDocument(world.tenant, [genericTrust(world.issuer, strict)]))
    world.now = new Date(testTime.getTime() + 30 * second)
    await expect(world.enroll({ token, key })).toRefuse('device-not-compliant')
  })

  it('the lifetime of the tenant', async () => {
    await using world = await createWorld({ document: { certificate: { lifetimeSeconds: 86_400 } } })
    const { entry } = await world.enroll()
    expect(entry.notAfter.getTime()).toBe(
      Math.floor((testTime.getTime() + 24 * hour) / second) * second - second,
    )
  })
})

describe('enroll() for several tenants', () => {
  it('keeps the ledger of each apart', async () => {
    await using world = await createWorld()
    const tenant = uniqueTenantId()
    const issuer = await genericTestIssuer(`https://issuer.example/${tenant}`, {
      now: () => world.now,
      key: world.issuer.key,
    })
    await world.addTenant(tenantDocument(tenant, [genericTrust(issuer)]))
    for (const [url, document] of Object.entries(issuer.documents()))
      world.network.overrides.set(url, document)
    const claims = { jti: 'the same', sub: 'alice' }
    const ours = await world.enroll({ token: await world.issuer.token({ claims }) })
    const theirs = await world.enroll({ tenant, token: await issuer.token({ claims }) })
    expect([ours.created, theirs.created]).toEqual([true, true])
    expect(theirs.chain).not.toEqual(ours.chain)
  })
})

describe('enroll() when the world moves on meanwhile', () => {
  it('signs nothing for a token that expired while the ledger was asked', async () => {
    await using world = await createWorld()
    const token = await world.issuer.token()
    const expiresAt = testTime.getTime() + hour
    const { ledger } = world.services
    world.now = new Date(expiresAt - second)
    const slow = {
      ...ledger,
      lookUp: async (row: LedgerKey) => {
        const found = await ledger.lookUp(row)
        world.now = new Date(expiresAt)
        return found
      },
    }
    const aged = await world.issuer.token({
      claims: { iat: expiresAt / second - 60, exp: expiresAt / second },
    })
    const request = enrollmentOf({ tenant: world.tenant, token: aged, csr: makeDeviceKey().csr() })
    await expect(enroll(request, { ...world.services, ledger: slow })).toRefuse('token-expired')
    expect(world.keys.signatures).toBe(0)
    expect(await rowOf(world, token)).toBeUndefined()
  })

  it('signs nothing more for a token that expired while another request for it met a defect', async () => {
    await using world = await createWorld()
    const token = await world.issuer.token()
    const failing = {
      ...world.services.ledger,
      async record() {
        world.now = new Date(testTime.getTime() + hour)
        throw new TypeError('a defect')
      },
    }
    const key = makeDeviceKey()
    const request = () => enrollmentOf({ tenant: world.tenant, token, csr: key.csr() })
    const services = { ...world.services, ledger: failing }
    const [leader, follower] = [enroll(request(), services), enroll(request(), services)]
    await expect(leader).rejects.toThrow('a defect')
    await expect(follower).toRefuse('token-expired')
    expect(world.keys.signatures).toBe(1)
  })

  it('does not give the loser of a race the certificate of an issuer that is distrusted since', async () => {
    await using world = await createWorld()
    const [token, key] = [await world.issuer.token(), makeDeviceKey()]
    await world.enroll({ token, key })
    const { network, keys: source } = world
    const { authorities } = world.services
    const late = {
      ...servicesOf(world.tables, { network, source, now: () => world.now }),
      authorities: {
        ...authorities,
        resolveForIssuing: async (tenant: TenantId) => {
          const authority = await authorities.resolveForIssuing(tenant)
          const generations = authority.generations.map((one) => ({ ...one, state: 'tainted' as const }))
          return { ...authority, generations }
        },
      },
    }
    const request = enrollmentOf({ tenant: world.tenant, token, csr: key.csr() })
    await expect(enroll(request, late)).toRefuse('token-spent', /distrusted/)
  })

  it('asks to try again when another instance issued under an issuer that this one does not know yet', async () => {
    await using world = await createWorld()
    const [token, key] = [await world.issuer.token(), makeDeviceKey()]
    await world.enroll({ token, key })
    const authorities = {
      ...world.services.authorities,
      resolveForIssuing: async (tenant: TenantId) => ({
        ...(await world.services.authorities.resolveForIssuing(tenant)),
        generations: [],
      }),
    }
    const request = enrollmentOf({ tenant: world.tenant, token, csr: key.csr() })
    await expect(enroll(request, { ...world.services, authorities })).toRefuse(
      'issuer-unavailable',
      /does not know/,
    )
  })
})
