import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { exitCodes } from '../../../cli/commandLine/exitCodes.ts'
import { areaOf } from '../../../client/check/finding.ts'
import { relyingPartiesTable } from '../../../lib/authority/adopt/parties.ts'
import { ledgerTable } from '../../../lib/ledger/record/ledgerKey.ts'
import { azuriteConnectionString } from '../../../local/azurite.ts'
import { freePort } from '../../../local/freePort.ts'
import { testAccount } from '../../azurite.ts'
import { serve } from '../../client/serve.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { openssl } from '../../openssl.ts'
import { type DoctorWorld, startDoctorWorld, startProxy } from './doctorWorld.ts'

let world: DoctorWorld
beforeAll(async () => {
  world = await startDoctorWorld()
  return () => world[Symbol.asyncDispose]()
})

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)

const without = async (table: string) => {
  await world.tables.drop(table)
  onTestFinished(() => world.tables.create([table]))
}

const closedService = async () => ({ url: `http://127.0.0.1:${await freePort()}` })

const closedTables = async () => ({
  connectionString: azuriteConnectionString(await freePort(), testAccount(0)),
})

/** The service behind a proxy that alters its answers. */
const behindProxy = async (alteration: Parameters<typeof startProxy>[1]) => ({
  service: { url: await startProxy(world.stack.url, alteration) },
})

describe('mayfly doctor on a deployment that is well', () => {
  it('finds nothing, and ends with 0', async () => {
    const { findings, exitCode, text } = await world.diagnose()
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
    expect(exitCode).toBe(exitCodes.ok)
    expect(findings.length).toBeGreaterThan(30)
    expect(new Set(findings.map(({ id }) => areaOf(id))).size).toBe(9)
    expect(text).toMatch(/^deployment\n {2}ok {11}deployment-file: /)
    expect(text).toMatch(/\n\n0 problems, 0 warnings, 0 not checked, \d+ ok$/)
  })

  it('tells a program of each finding in one shape, and changes no row', async () => {
    const rows = async () => [
      ...(await world.tables.list('tenants', 'contoso')),
      ...(await world.tables.list('authorities', 'contoso')),
    ]
    const before = await rows()
    const { findings } = await world.diagnose('--tenant contoso')
    for (const finding of findings)
      expect(Object.keys(finding)).toEqual(['id', 'area', 'status', 'tenant', 'subject', 'detail', 'remedy'])
    expect(findings.find(({ id }) => id === 'standby-root')).toEqual({
      id: 'standby-root',
      area: 'authority',
      status: 'ok',
      tenant: 'contoso',
      subject: null,
      detail: 'root~0002 is in the bundle',
      remedy: null,
    })
    expect(await rows()).toEqual(before)
  })
})

describe('mayfly doctor finds and explains', () => {
  it('a daily table that is missing tomorrow', async () => {
    const table = ledgerTable(inDays(1))
    await without(table)
    const detail = `there is no table ${table}: enrollment fails for tokens that end on its day`
    const remedy = /^Run mayfly ledger prune, .*MAYFLY_ROLE=housekeeping/
    const { exitCode } = await world.finds({ 'tables-ahead problem': { detail, remedy } }, { more: true })
    expect(exitCode).toBe(exitCodes.refused)
  })

  it('housekeeping that is behind, as a warning', async () => {
    const table = ledgerTable(inDays(9))
    await without(table)
    const detail = `there is no table ${table}: housekeeping is behind`
    expect((await world.finds({ 'tables-ahead warning': detail })).exitCode).toBe(exitCodes.ok)
  })

  it('ledgers that are kept for too long, and a day between them without one', async () => {
    const table = ledgerTable(inDays(-100))
    await world.tables.create([table])
    onTestFinished(() => world.tables.drop(table))
    await world.finds({
      'tables-gaps warning': { remedy: /^Find out who dropped it: .* mayfly ledger prune/ },
      'tables-retention warning': {
        detail: `1 tables are older than 90 days, ${table} first`,
        remedy: /MAYFLY_RETENTION_DAYS/,
      },
    })
  })

  it('a table that Mayfly cannot do without', async () => {
    await without(relyingPartiesTable)
    const expected = {
      'relying-parties problem': {},
      'issuer-active not checked': {},
      'tables-required problem': {
        detail: 'there is no table relyingParties',
        remedy: /^Run mayfly tenant apply/,
      },
    }
    await world.finds(expected, { more: true })
  })

  it.skipIf(process.platform === 'win32')(
    'a key folder and a deployment file that others can read',
    async () => {
      const { folder } = world.stack
      for (const [name, wrong, right] of [
        ['keys', 0o755, 0o700],
        ['local.json', 0o644, 0o600],
      ] as const) {
        await chmod(join(folder, name), wrong)
        onTestFinished(() => chmod(join(folder, name), right))
      }
      await world.finds({
        'deployment-file problem': {
          detail: /has the mode 0644, and it holds secrets/,
          remedy: /^chmod 600 .*local\.json$/,
        },
        'key-folder problem': { remedy: /^chmod 700 .*keys$/ },
      })
    },
  )

  it.each([
    [-400, 'problem', /^39\d|40\d s behind/],
    [120, 'warning', /^1(19|2\d) s ahead of/],
  ])('a clock that is %i s off', async (seconds, status, detail) => {
    const date = new Date(Date.now() + seconds * 1000).toUTCString()
    const expected = { [`clock-service ${status}`]: { detail, remedy: /^Set both clocks by NTP/ } }
    await world.finds(expected, await behindProxy({ headers: { date } }))
  })

  it('another service at the URL, which it then leaves alone', async () => {
    const other = await serve(() => ({ body: '<html>', headers: { 'content-type': 'text/html' } }))
    const expected = {
      'service-health problem': {
        detail: 'healthz answers 200 with text/html, not as Mayfly does',
        remedy: /^Something else answers at service\.url/,
      },
      'service-routes not checked': {},
    }
    const { findings } = await world.finds(expected, { service: { url: other.url }, more: true })
    expect(findings.filter(({ status }) => status === 'problem')).toHaveLength(1)
    expect(other.received.map(({ path }) => path)).toEqual(['/healthz'])
  })

  it('an app that lacks a setting, and a gateway that refuses large bodies itself', async () => {
    const body = '{"type":"urn:mayfly:problem:not-configured"}'
    const headers = { 'content-type': 'application/problem+json' }
    const unset = await serve(() => ({ status: 503, body, headers }))
    const expected = {
      'service-health problem': {
        detail: 'healthz answers 503: a setting of the app is missing or wrong',
        remedy: /^The log of the app names it/,
      },
    }
    await world.finds(expected, { service: { url: unset.url }, more: true })
    const answer = (path: string) =>
      path === '/v1/doctor/certificates' ? { status: 413, body: '' } : undefined
    await world.finds({ 'service-body-limit ok': {} }, { ...(await behindProxy({ answer })), more: true })
  })

  it('plain http to another machine, to which it sends nothing', async () => {
    const expected = {
      'service-url problem': {
        detail: 'service.url is http://192.0.2.1:7071: tokens would cross the network in the clear',
        remedy: /^Write the https URL of the service/,
      },
      // The demo's issuer is on this machine, which another one cannot reach.
      'token-issuer-keys problem': / is not https\.$/,
    }
    const examined = { service: { url: 'http://192.0.2.1:7071' }, more: true }
    const { findings } = await world.finds(expected, examined)
    expect(findings.filter(({ status }) => status === 'problem')).toHaveLength(2)
  })

  it('an app that is not ready, functions that are missing, and an open door of the host', async () => {
    const answers: Readonly<Record<string, { status: number; body: string }>> = {
      '/readyz': { status: 503, body: '{"ready":false,"tables":"ok","signer":"unavailable"}' },
      '/v1/doctor/trust.jws': { status: 404, body: '' },
      '/admin/host/status': { status: 200, body: '{}' },
      '/v1/doctor/certificates': { status: 401, body: '' },
    }
    const alteration = { headers: { server: 'nginx/1.2' }, answer: (path: string) => answers[path] }
    const expected = {
      'host-surface problem': 'admin/host/status answers without a key',
      'service-body-limit warning': { remedy: /FUNCTIONS_REQUEST_BODY_SIZE_LIMIT/ },
      'service-headers warning': 'the answer tells a version: server: nginx/1.2',
      'service-ready problem': { remedy: /the identity of the app: it needs keys\/read and keys\/sign/ },
      'service-routes problem': /v1\/\{tenant\}\/trust\.jws answers PATCH with 404/,
    }
    await world.finds(expected, await behindProxy(alteration))
  })

  it('a certificate of the server that ends, an old protocol, and one that nobody trusts', async () => {
    const folder = await temporaryFolder()
    const [key, caFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
    const kind = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3'.split(' ')
    const subject = ['-subj', '/CN=doctor', '-addext', 'subjectAltName=IP:127.0.0.1']
    openssl(['req', ...kind, ...subject, '-keyout', key, '-out', caFile])
    const identity = { key: await readFile(key), cert: await readFile(caFile) }
    const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const { service } = await behindProxy({ tls: { ...identity, ...old } })
    const expected = {
      'service-tls problem': {
        detail: 'TLSv1.3; the certificate of the server is good for 2 days',
        remedy: /^Renew the certificate of the server/,
      },
      'service-tls-old problem': { remedy: /^Set minTlsVersion 1\.2/ },
    }
    await world.finds(expected, { service: { ...service, caFile } })
    const untrusted = { 'service-health problem': /signed by itself, and not trusted here/ }
    await world.finds(untrusted, { service, more: true })
  })

  it('tables that do not answer, and still tells of the service', async () => {
    const expected = {
      'tables-reachable problem': /^Cannot use the tables: /,
      'tenants-known not checked': {},
      'service-ready ok': {},
    }
    const { findings, exitCode } = await world.finds(expected, { tables: await closedTables(), more: true })
    expect(findings.filter(({ status }) => status === 'problem')).toHaveLength(1)
    expect(exitCode).toBe(exitCodes.refused)
  })

  it('a deployment of which nothing answers, and ends with 4', async () => {
    const nothing = { service: await closedService(), tables: await closedTables(), more: true }
    const { exitCode } = await world.finds({ 'service-health problem': /ECONNREFUSED\.$/ }, nothing)
    expect(exitCode).toBe(exitCodes.tryLater)
  })

  it('an account key that opens tables of another machine', async () => {
    const connectionString = 'AccountName=a;AccountKey=Y2FuYXJ5;TableEndpoint=https://tables.invalid'
    const expected = { 'account-key problem': { remedy: /--allow-shared-key-access false\.$/ } }
    const { text } = await world.finds(expected, { tables: { connectionString }, more: true })
    expect(text).not.toContain('Y2FuYXJ5')
  })
})
