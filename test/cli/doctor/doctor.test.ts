import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { exitCodes } from '../../../cli/commandLine/exitCodes.ts'
import { relyingPartiesTable } from '../../../lib/authority/adopt/parties.ts'
import { ledgerTable } from '../../../lib/ledger/record/ledgerKey.ts'
import { azuriteConnectionString } from '../../../local/azurite.ts'
import { freePort } from '../../../local/freePort.ts'
import { testAccount } from '../../azurite.ts'
import { serve } from '../../client/serve.ts'
import { openssl } from '../../openssl.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { type DoctorWorld, startDoctorWorld, startProxy } from './doctorWorld.ts'

const day = 86_400_000

let world: DoctorWorld

beforeAll(async () => {
  world = await startDoctorWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

const posix = process.platform !== 'win32'

const closedService = async () => ({ url: `http://127.0.0.1:${await freePort()}` })

const closedTables = async () => ({
  connectionString: azuriteConnectionString(await freePort(), testAccount(0)),
})

describe('mayfly doctor on a deployment that is well', () => {
  it('finds nothing, and ends with 0', async () => {
    const { trouble, findings, exitCode, text } = await world.diagnose()
    expect(trouble).toEqual([])
    expect(exitCode).toBe(exitCodes.ok)
    expect(findings.length).toBeGreaterThan(30)
    expect(new Set(findings.map(({ area }) => area)).size).toBe(9)
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
    const table = ledgerTable(new Date(Date.now() + day))
    await world.tables.drop(table)
    onTestFinished(() => world.tables.create([table]))
    const { trouble, finding, exitCode } = await world.diagnose('--tenant contoso')
    expect(trouble).toContain('tables-ahead problem')
    expect(finding('tables-ahead')).toMatchObject({
      detail: `there is no table ${table}: enrollment fails for tokens that end on its day`,
      remedy: expect.stringMatching(/^Run mayfly ledger prune, .*MAYFLY_ROLE=housekeeping/),
    })
    expect(exitCode).toBe(exitCodes.refused)
  })

  it('housekeeping that is behind, as a warning', async () => {
    const table = ledgerTable(new Date(Date.now() + 9 * day))
    await world.tables.drop(table)
    onTestFinished(() => world.tables.create([table]))
    const { trouble, finding, exitCode } = await world.diagnose('--tenant contoso')
    expect({ trouble, exitCode }).toEqual({ trouble: ['tables-ahead warning'], exitCode: exitCodes.ok })
    expect(finding('tables-ahead').detail).toBe(`there is no table ${table}: housekeeping is behind`)
  })

  it('ledgers that are kept for too long, and a day between them without one', async () => {
    const table = ledgerTable(new Date(Date.now() - 100 * day))
    await world.tables.create([table])
    onTestFinished(() => world.tables.drop(table))
    const { trouble, finding } = await world.diagnose('--tenant contoso')
    expect(trouble).toEqual(['tables-gaps warning', 'tables-retention warning'])
    expect(finding('tables-gaps').remedy).toMatch(/^Find out who dropped it: .* mayfly ledger prune/)
    expect(finding('tables-retention')).toMatchObject({
      detail: `1 tables are older than 90 days, ${table} first`,
      remedy: expect.stringContaining('MAYFLY_RETENTION_DAYS'),
    })
  })

  it('a table that Mayfly cannot do without', async () => {
    await world.tables.drop(relyingPartiesTable)
    onTestFinished(() => world.tables.create([relyingPartiesTable]))
    const { trouble, finding } = await world.diagnose('--tenant contoso')
    expect(trouble).toEqual(
      expect.arrayContaining([
        'relying-parties problem',
        'tables-required problem',
        'issuer-active not checked',
      ]),
    )
    expect(finding('tables-required')).toMatchObject({
      detail: 'there is no table relyingParties',
      remedy: expect.stringMatching(/^Run mayfly tenant apply/),
    })
  })

  it.skipIf(!posix)('a key folder and a deployment file that others can read', async () => {
    const paths = [
      [join(world.stack.folder, 'keys'), 0o755, 0o700],
      [join(world.stack.folder, 'local.json'), 0o644, 0o600],
    ] as const
    for (const [path, wrong, right] of paths) {
      await chmod(path, wrong)
      onTestFinished(() => chmod(path, right))
    }
    const { trouble, finding } = await world.diagnose('--tenant contoso')
    expect(trouble).toEqual(['deployment-file problem', 'key-folder problem'])
    expect(finding('deployment-file').detail).toMatch(/has the mode 0644, and it holds secrets/)
    expect(finding('deployment-file').remedy).toMatch(/^chmod 600 .*local\.json$/)
    expect(finding('key-folder').remedy).toMatch(/^chmod 700 .*keys$/)
  })

  it.each([
    [-400, 'problem', /^39\d|40\d s behind/],
    [120, 'warning', /^1(19|2\d) s ahead of/],
  ])('a clock that is %i s off', async (seconds, status, detail) => {
    const date = new Date(Date.now() + seconds * 1000).toUTCString()
    const url = await startProxy(world.stack.url, { headers: { date } })
    const { trouble, finding } = await world.diagnose('--tenant contoso', { service: { url } })
    expect(trouble).toEqual([`clock-service ${status}`])
    expect(finding('clock-service').detail).toMatch(detail)
    expect(finding('clock-service').remedy).toMatch(/^Set both clocks by NTP/)
  })

  it('another service at the URL, which it then leaves alone', async () => {
    const other = await serve(() => ({ body: '<html>', headers: { 'content-type': 'text/html' } }))
    const { finding, trouble } = await world.diagnose('--tenant contoso', { service: { url: other.url } })
    expect(finding('service-health')).toMatchObject({
      status: 'problem',
      detail: 'healthz answers 200 with text/html, not as Mayfly does',
      remedy: expect.stringMatching(/^Something else answers at service\.url/),
    })
    expect(trouble.filter((one) => one.endsWith('problem'))).toEqual(['service-health problem'])
    expect(finding('service-routes').status).toBe('not checked')
    expect(other.received.map(({ path }) => path)).toEqual(['/healthz'])
  })

  it('an app that lacks a setting, and a gateway that refuses large bodies itself', async () => {
    const body = '{"type":"urn:mayfly:problem:not-configured"}'
    const headers = { 'content-type': 'application/problem+json' }
    const unset = await serve(() => ({ status: 503, body, headers }))
    const { finding } = await world.diagnose('--tenant contoso', { service: { url: unset.url } })
    expect(finding('service-health')).toMatchObject({
      detail: 'healthz answers 503: a setting of the app is missing or wrong',
      remedy: expect.stringMatching(/^The log of the app names it/),
    })
    const answer = (path: string) =>
      path === '/v1/doctor/certificates' ? { status: 413, body: '' } : undefined
    const url = await startProxy(world.stack.url, { answer })
    const behind = await world.diagnose('--tenant contoso', { service: { url } })
    expect(behind.finding('service-body-limit').status).toBe('ok')
  })

  it('plain http to another machine, to which it sends nothing', async () => {
    const { finding, trouble } = await world.diagnose('--tenant contoso', {
      service: { url: 'http://192.0.2.1:7071' },
    })
    expect(finding('service-url')).toMatchObject({
      status: 'problem',
      detail: 'service.url is http://192.0.2.1:7071: tokens would cross the network in the clear',
      remedy: expect.stringMatching(/^Write the https URL of the service/),
    })
    const problems = trouble.filter((one) => one.endsWith('problem'))
    expect(problems).toEqual(['service-url problem', 'token-issuer-keys problem'])
    // The demo's issuer is on this machine, which another one cannot reach.
    expect(finding('token-issuer-keys').detail).toMatch(/ is not https\.$/)
  })

  it('an app that is not ready, functions that are missing, and an open door of the host', async () => {
    const answers: Readonly<Record<string, { status: number; body: string }>> = {
      '/readyz': { status: 503, body: '{"ready":false,"tables":"ok","signer":"unavailable"}' },
      '/v1/doctor/trust.jws': { status: 404, body: '' },
      '/admin/host/status': { status: 200, body: '{}' },
      '/v1/doctor/certificates': { status: 401, body: '' },
    }
    const headers = { server: 'nginx/1.2' }
    const url = await startProxy(world.stack.url, { headers, answer: (path) => answers[path] })
    const { trouble, finding } = await world.diagnose('--tenant contoso', { service: { url } })
    expect(trouble).toEqual([
      'host-surface problem',
      'service-body-limit warning',
      'service-headers warning',
      'service-ready problem',
      'service-routes problem',
    ])
    expect(finding('service-ready').remedy).toMatch(
      /the identity of the app: it needs keys\/read and keys\/sign/,
    )
    expect(finding('service-routes').detail).toMatch(/v1\/\{tenant\}\/trust\.jws answers PATCH with 404/)
    expect(finding('service-body-limit').remedy).toMatch(/FUNCTIONS_REQUEST_BODY_SIZE_LIMIT/)
    expect(finding('host-surface').detail).toBe('admin/host/status answers without a key')
    expect(finding('service-headers').detail).toBe('the answer tells a version: server: nginx/1.2')
  })

  it('a certificate of the server that ends, an old protocol, and one that nobody trusts', async () => {
    const folder = await temporaryFolder()
    const [key, caFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
    const subject = ['-subj', '/CN=doctor', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '3']
    const files = ['-keyout', key, '-out', caFile]
    openssl([
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      ...subject,
      ...files,
    ])
    const identity = { key: await readFile(key), cert: await readFile(caFile) }
    const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const url = await startProxy(world.stack.url, { tls: { ...identity, ...old } })
    const { trouble, finding } = await world.diagnose('--tenant contoso', { service: { url, caFile } })
    expect(trouble).toEqual(['service-tls problem', 'service-tls-old problem'])
    expect(finding('service-tls')).toMatchObject({
      detail: 'TLSv1.3; the certificate of the server is good for 2 days',
      remedy: expect.stringMatching(/^Renew the certificate of the server/),
    })
    expect(finding('service-tls-old').remedy).toMatch(/^Set minTlsVersion 1\.2/)
    const untrusted = await world.diagnose('--tenant contoso', { service: { url } })
    expect(untrusted.finding('service-health').detail).toMatch(/signed by itself, and not trusted here/)
  })

  it('tables that do not answer, and still tells of the service', async () => {
    const { trouble, finding, exitCode } = await world.diagnose('--tenant contoso', {
      tables: await closedTables(),
    })
    expect(finding('tables-reachable')).toMatchObject({
      status: 'problem',
      detail: expect.stringMatching(/^Cannot use the tables: /),
    })
    expect(trouble).toContain('tenants-known not checked')
    expect(trouble.filter((one) => one.endsWith('problem'))).toEqual(['tables-reachable problem'])
    expect(finding('service-ready').status).toBe('ok')
    expect(exitCode).toBe(exitCodes.refused)
  })

  it('a deployment of which nothing answers, and ends with 4', async () => {
    const nothing = { service: await closedService(), tables: await closedTables() }
    const { finding, exitCode } = await world.diagnose('--tenant contoso', nothing)
    expect(finding('service-health').detail).toMatch(/ECONNREFUSED\.$/)
    expect(exitCode).toBe(exitCodes.tryLater)
  })

  it('an account key that opens tables of another machine', async () => {
    const connectionString = 'AccountName=a;AccountKey=Y2FuYXJ5;TableEndpoint=https://tables.invalid'
    const { finding, text } = await world.diagnose('--tenant contoso', { tables: { connectionString } })
    expect(finding('account-key')).toMatchObject({
      status: 'problem',
      remedy: expect.stringMatching(/--allow-shared-key-access false\.$/),
    })
    expect(text).not.toContain('Y2FuYXJ5')
  })
})
