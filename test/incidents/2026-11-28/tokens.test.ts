import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgeKeys } from '../../../cli/doctor/judgeKeys.ts'
import { enroll } from '../../../lib/enroll/enroll.ts'
import type { Services } from '../../../lib/enroll/services.ts'
import { parseJson } from '../../../lib/json/parseJson.ts'
import { refusalsTable, tenantPartitions } from '../../../lib/ledger/record/ledgerKey.ts'
import { fetchJson } from '../../../lib/token/fetchJson.ts'
import { entraTrust, genericTrust, type Members, tenantDocument } from '../../tenants.ts'
import { genericTestIssuer, makeTokenKey, type TestIssuer } from '../../tokens.ts'
import { createWorld, servicesOf, enrollmentOf, makeDeviceKey, testTime, type World } from '../../world.ts'

const folder = new URL('.', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8')
const filesOf = (start: string) =>
  readdirSync(folder).filter((file) => file.startsWith(start) && file.endsWith('.json'))

/** Where the issuers of the files are. */
const origin = 'http://127.0.0.1:24079'
const directory = '7c0a4e6e-35c6-4d0a-8c39-0c8a3f2b9d11'
const entra = entraTrust(
  directory,
  { audience: 'c1b2a3d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d' },
  { signInOrigin: origin, scope: 'vpn.enroll', clients: ['0f1e2d3c-4b5a-4968-8776-655443322110'] },
)
const generic = genericTrust(
  { url: `${origin}/g`, audience: 'urn:wild' },
  { jwksUri: `${origin}/g/keys`, clients: ['wild-client'], algorithms: ['RS256', 'Ed25519'] },
)
const document = (tenant: string): Members =>
  tenantDocument(tenant, [entra, generic], {
    upn: { suffixes: ['contoso.example', 'contoso.onmicrosoft.com'] },
    certificate: { includeDeviceId: true },
  })

const rsa = await makeTokenKey('RS256', 'a')
const ed25519 = await makeTokenKey('Ed25519', 'ed')

let served = ''
let server: Server
let world: World
let services: Services
let issuer: TestIssuer

/** The keys of a file, their number replaced by that of a key that is at hand. */
const publish = (text: string) => (served = text.replaceAll(/("n": ?)"[^"]*"/g, `$1"${rsa.jwk.n}"`))

beforeAll(async () => {
  world = await createWorld()
  await world.addTenant(document('wild'))
  server = createServer((_, response) => response.end(served)).listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  issuer = await genericTestIssuer(`${origin}/g`, { now: () => testTime, key: rsa })
})

afterAll(async () => {
  server.close()
  await world[Symbol.asyncDispose]()
})

/** Enrolls with an instance that has fetched no keys yet. */
const enrollWith = (token: string) => {
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fetch = fetchJson({ allowLoopbackHttp: true })
  const network = { ...world.network, fetchJson: (url: string) => fetch(url.replace(origin, site)) }
  services = servicesOf(world.tables, { network, source: world.keys, now: () => testTime })
  return enroll(enrollmentOf({ tenant: 'wild', token, csr: makeDeviceKey().csr() }), services)
}

const timeOf = (value: unknown): unknown => {
  const [, later = '0'] = /^NOW(?:\+(\d+))?$/.exec(String(value)) ?? []
  return String(value).startsWith('NOW') ? Math.floor(testTime.getTime() / 1000) + Number(later) : value
}

/** Signs the claims of a file, with times that count from now, under the `typ` of its kind of issuer. */
const tokenOf = async (file: string, changes: Members = {}): Promise<string> => {
  const claims = { ...(JSON.parse(read(file)) as Members), ...changes }
  const payload = Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, timeOf(value)]))
  const header = claims['iss'] === `${origin}/g` ? {} : { typ: 'JWT' }
  return issuer.token({ payload: JSON.stringify(payload), header })
}

/** What each token is answered with. */
const answers: Readonly<Record<string, 'created' | readonly [code: string, detail: RegExp]>> = {
  'token-compliant-as-text.json': ['device-not-compliant', /"device_compliant" is a string, true wanted/],
  'token-cp1-upper.json': ['claims-challenge', /lacks the authentication context c1/],
  'token-device-braces.json': 'created',
  'token-entra-v1.json': ['token-version-refused', /v1 token\. Set requestedAccessTokenVersion to 2/],
  'token-guest-without-hash.json': ['upn-refused', /guest/],
  'token-sid-empty.json': 'created',
  'token-sid-null.json': 'created',
}

describe('a token from the field', () => {
  beforeAll(() => void (served = JSON.stringify({ keys: [rsa.jwk, ed25519.jwk] })))

  it('is in the table for each file', () => {
    const claims = filesOf('token-').filter((file) => !file.includes('header'))
    expect(claims).toEqual(Object.keys(answers))
  })

  it.each(Object.entries(answers))('%s', async (file, answer) => {
    const outcome = enrollWith(await tokenOf(file))
    if (answer === 'created') expect((await outcome).created).toBe(true)
    else await expect(outcome).toRefuse(answer[0] as 'upn-refused', answer[1])
  })

  it('has one spelling of its device in ledger and certificate', async () => {
    const { entry } = await enrollWith(await tokenOf('token-device-braces.json', { jti: 'another' }))
    expect(entry.deviceId).toBe('6f9619ff-8b86-d011-b42d-00c04fc964ff')
    expect(Buffer.from(entry.certificate).toString('latin1')).toContain(`urn:uuid:${entry.deviceId}`)
  })

  it('of v1 is recorded', async () => {
    const codes: unknown[] = []
    const partitions = tenantPartitions('wild')
    for await (const { values } of world.tables.scan(refusalsTable(testTime), { partitions }))
      codes.push(values['code'])
    expect(codes).toContain('token-version-refused')
  })

  it('may have the header of token-header-ed25519.json', async () => {
    const header = JSON.parse(read('token-header-ed25519.json')) as Members
    const payload = { aud: 'urn:wild', client_id: 'wild-client' }
    const token = await issuer.token({ header, claims: payload, key: ed25519 })
    expect((await enrollWith(token)).created).toBe(true)
  })
})

describe('a key set from the field', () => {
  it('is there six times', () => expect(filesOf('jwks-')).toHaveLength(6))

  it.each(filesOf('jwks-'))('%s is taken, and doctor says the same', async (file) => {
    publish(read(file))
    const kid = /"kid": ?"([^"]*)"/.exec(served)?.[1] ?? expect.fail()
    const claims = { aud: 'urn:wild', client_id: 'wild-client' }
    expect((await enrollWith(await issuer.token({ header: { kid }, claims }))).created).toBe(true)
    const published = parseJson(Buffer.from(served), Error)
    expect(judgeKeys(published, ['RS256'])).toMatchObject({
      status: 'ok',
      detail: expect.stringMatching(/^\d+ keys, 1 usable/),
    })
  })
})
