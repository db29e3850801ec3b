import { generateKeyPairSync } from 'node:crypto'
import { chmod, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../../../cli/commandLine/exitCodes.ts'
import { freePort } from '../../../local/freePort.ts'
import { serve } from '../../client/serve.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { entraTrust, genericTrust, tenantDocument } from '../../tenants.ts'
import { applyDocument } from '../../world.ts'
import { type DoctorWorld, hurried, startDoctorWorld, startProxy } from './doctorWorld.ts'

const day = 86_400_000

let world: DoctorWorld

beforeAll(async () => {
  world = await startDoctorWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

const posix = process.platform !== 'win32'

const keyFile = (tenant: string, name: string) =>
  join(world.stack.folder, 'keys', `${tenant}.${name}-es256.pem`)

const closedService = async () => ({ url: `http://127.0.0.1:${await freePort()}` })

describe('mayfly doctor finds and explains of a tenant', () => {
  it.skipIf(!posix)('a key file that others can read', async () => {
    await world.makeTenant('open-key')
    await chmod(keyFile('open-key', 'issuer-1'), 0o644)
    const { trouble, finding, findings } = await world.diagnose('--tenant open-key')
    expect(trouble).toEqual(['key-usable problem'])
    expect(findings.find(({ id, status }) => id === 'key-usable' && status !== 'ok')).toMatchObject({
      subject: 'issuer~0001',
      detail: expect.stringMatching(/its mode is 0644, not 0600\.$/),
      remedy: expect.stringMatching(/^A key file is a regular PKCS#8 PEM file of mode 0600/),
    })
    expect(finding('key-folder').status).toBe('ok')
  })

  it('a key file that is gone, and one of another key', async () => {
    await world.makeTenant('lost-key')
    await rename(keyFile('lost-key', 'root-2'), `${keyFile('lost-key', 'root-2')}.lost`)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(keyFile('lost-key', 'root-1'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const { trouble, findings } = await world.diagnose('--tenant lost-key')
    expect(trouble).toEqual(['key-usable problem', 'key-usable problem'])
    const keys = findings.filter(({ id, status }) => id === 'key-usable' && status === 'problem')
    const bySubject = new Map(keys.map((finding) => [finding.subject, finding]))
    expect(bySubject.get('root~0002')).toMatchObject({
      detail: expect.stringMatching(/it does not exist\.$/),
      remedy: expect.stringMatching(
        /Restore a file that is gone from its backup; else stage another root\.$/,
      ),
    })
    expect(bySubject.get('root~0001')).toMatchObject({
      detail: expect.stringMatching(/it is not the key of root~0001\.$/),
      remedy: expect.stringMatching(/^Restore the key that the key reference names/),
    })
  })

  it('a token issuer that is down', async () => {
    const issuer = { ...(await closedService()), audience: 'api://down' }
    await world.makeTenant('down', { document: tenantDocument('down', [genericTrust(issuer)]) })
    const { trouble, finding } = await world.diagnose('--tenant down')
    expect(trouble).toEqual(['token-issuer-keys problem'])
    expect(finding('token-issuer-keys')).toMatchObject({
      subject: issuer.url,
      detail: expect.stringMatching(/^its keys cannot be fetched: .*ECONNREFUSED/),
      remedy: expect.stringMatching(/^Nobody enrolls with its tokens .* See whether the issuer is up/),
    })
  })

  it('a token issuer whose only key is weak, and one that publishes a private key', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const weak = { ...publicKey.export({ format: 'jwk' }), kid: 'weak', use: 'sig' }
    const keys = await serve(({ path }) => ({
      body: { keys: [path === '/weak' ? weak : privateKey.export({ format: 'jwk' })] },
    }))
    const trust = (name: string) =>
      genericTrust({ url: `${keys.url}/${name}`, audience: 'api://weak' }, { jwksUri: `${keys.url}/${name}` })
    const document = tenantDocument('weak', [trust('weak'), trust('private')])
    await world.makeTenant('weak', { document })
    const { trouble, findings } = await world.diagnose('--tenant weak')
    expect(trouble).toEqual(['token-issuer-keys problem', 'token-issuer-keys problem'])
    expect(findings.filter(({ id }) => id === 'token-issuer-keys')).toMatchObject([
      {
        detail: '1 keys, 0 usable; weak has 1024 bits, fewer than 2048',
        remedy: expect.stringMatching(/RSA keys of 2048 bits or more\.$/),
      },
      { detail: 'it publishes a private key: anyone can make its tokens' },
    ])
  })

  it('what rests on an Entra policy, which only Entra can show', async () => {
    const directory = crypto.randomUUID()
    const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
    const site = await serve(({ path }) => ({
      body: path?.endsWith('openid-configuration')
        ? { issuer: `${site.url}/${directory}/v2.0` }
        : { keys: [{ ...jwk, kid: 'k1', use: 'sig' }] },
    }))
    const audience = crypto.randomUUID()
    const trust = entraTrust(directory, { audience }, { signInOrigin: site.url })
    await world.makeTenant('entra', { document: tenantDocument('entra', [trust]) })
    const { trouble, finding, exitCode } = await world.diagnose('--tenant entra')
    expect({ trouble, exitCode }).toEqual({
      trouble: ['entra-registration not checked', 'token-issuer-context not checked'],
      exitCode: exitCodes.ok,
    })
    expect(finding('token-issuer-context')).toMatchObject({
      detail: expect.stringContaining('"CA014 Require compliant device for VPN"'),
      remedy: expect.stringMatching(/is On \(not Report-only\), .*includes All users/),
    })
  })

  it('rules that no token can pass, whatever keys there are', async () => {
    const issuer = { url: 'https://login.microsoftonline.com/common/v2.0', audience: 'api://possible' }
    const trust = genericTrust(issuer, { jwksUri: (await closedService()).url })
    await world.makeTenant('impossible', { document: tenantDocument('impossible', [trust]) })
    const { trouble, finding } = await world.diagnose('--tenant impossible')
    expect(trouble).toEqual(['token-issuer-configuration problem', 'token-issuer-keys problem'])
    expect(finding('token-issuer-configuration')).toMatchObject({
      subject: issuer.url,
      detail: expect.stringMatching(/^no token of it can pass\. issuer: .* use the kind entra/),
    })
  })

  it('a bundle whose signature was altered', async () => {
    await world.makeTenant('forged')
    await world.tamper('authorities', 'forged', ({ values: { jws, ...values } }) => {
      if (!(jws instanceof Uint8Array)) return undefined
      const [head, content, signature = ''] = Buffer.from(jws).toString('latin1').split('.')
      const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
      return { ...values, jws: Buffer.from(`${head}.${content}.${other}`) }
    })
    const { trouble, finding } = await world.diagnose('--tenant forged')
    expect(trouble).toEqual([
      'bundle-content not checked',
      'bundle-served problem',
      'bundle-signature problem',
    ])
    expect(finding('bundle-signature')).toMatchObject({
      detail:
        'Cannot rely on the authority of forged: its trust.jws: Cannot trust the bundle: its signature does not verify.',
      remedy: expect.stringMatching(/^Nothing was changed or signed\. Somebody wrote to the table/),
    })
  })

  it('signatures of other roots that keep the service from serving anything', async () => {
    await world.makeTenant('cosigned')
    await world.tamper('authorities', 'cosigned', ({ values }) =>
      values['signatures'] instanceof Uint8Array ? { ...values, signatures: Buffer.from('x..y') } : undefined,
    )
    const { trouble, finding } = await world.diagnose('--tenant cosigned')
    expect(trouble).toEqual(['bundle-served problem'])
    expect(finding('bundle-served').detail).toMatch(/what the tables hold does not verify/)
  })

  it('a bundle of the future', async () => {
    await world.makeTenant('future', { madeAt: new Date(Date.now() + day) })
    const { finding } = await world.diagnose('--tenant future')
    expect(finding('bundle-signature')).toMatchObject({
      status: 'problem',
      detail: expect.stringMatching(/it is of the future/),
      remedy: expect.stringMatching(/run mayfly authority republish/),
    })
  })

  it('a root that was put there beside the CLI, and whose rows it cannot vouch for', async () => {
    await world.makeTenant('planted')
    await world.makeTenant('mallory')
    const theirs = (await world.tables.list('authorities', 'mallory')).find(({ row }) => row === 'root~0002')
    const values = theirs?.values ?? {}
    await world.tables.insert('authorities', { partition: 'planted', row: 'root~0003', values })
    const { trouble, finding } = await world.diagnose('--tenant planted')
    expect(trouble).toEqual(['bundle-content problem'])
    expect(finding('bundle-content')).toMatchObject({
      detail: 'Cannot rely on the authority of planted: root~0003, staged, was never signed.',
      remedy: expect.stringMatching(/"Rows that nobody signed"/),
    })
    const folder = join(await temporaryFolder(), 'keys')
    const elsewhere = await world.diagnose('--tenant planted', { keys: { folder } })
    expect(elsewhere.finding('bundle-signature')).toMatchObject({
      status: 'not checked',
      detail: 'Cannot rely on the authority of planted: no root of it is known on this machine.',
      remedy: expect.stringMatching(/never from the table\.$/),
    })
  })

  it('a root that was set to another state beside the CLI', async () => {
    await world.makeTenant('moved')
    await world.tamper('authorities', 'moved', ({ row, values }) =>
      row === 'root~0002' ? { ...values, state: 'active' } : undefined,
    )
    const { trouble, finding } = await world.diagnose('--tenant moved')
    expect(trouble).toEqual(['bundle-content problem', 'standby-root warning'])
    expect(finding('bundle-content').detail).toMatch(
      /: root~0002 is active, and staged in the bundle in force\.$/,
    )
  })

  it('files beside trust.jws that say something else, which nobody serves, but not those of earlier versions', async () => {
    await world.makeTenant('beside')
    const cross = (await world.tables.list('authorities', 'beside')).find(({ row }) =>
      row.startsWith('cross~'),
    )
    const pemOf = (pem: unknown, added: Uint8Array) =>
      Buffer.concat([
        Buffer.from(pem as Uint8Array),
        Buffer.from(`# other words\n${encodePem('CERTIFICATE', added)}`),
      ])
    const withPem = (added: unknown) => () =>
      world.tamper('authorities', 'beside', ({ values: { pem, ...values } }) =>
        pem instanceof Uint8Array ? { ...values, pem: pemOf(pem, added as Uint8Array) } : undefined,
      )
    await withPem(cross?.values['certificate'])()
    expect((await world.diagnose('--tenant beside')).trouble).toEqual([])
    await world.makeTenant('mallory-2')
    const theirs = (await world.tables.list('authorities', 'mallory-2')).find(
      ({ row }) => row === 'root~0001',
    )
    await withPem(theirs?.values['certificate'])()
    await world.tamper('authorities', 'beside', ({ values }) =>
      values['pkcs7'] instanceof Uint8Array ? { ...values, pkcs7: Buffer.from('planted') } : undefined,
    )
    const { trouble, finding } = await world.diagnose('--tenant beside')
    expect(trouble).toEqual(['bundle-content problem'])
    expect(finding('bundle-content').detail).toBe('not what trust.jws signs: trust.pem, trust.p7b')
  })

  it('a service that serves another bundle than the tables hold', async () => {
    await world.makeTenant('stale', { madeAt: new Date(Date.now() - day) })
    const url = await startProxy(world.stack.url, {
      answer: (path) => (path === '/v1/stale/trust.pem' ? { status: 200, body: 'old' } : undefined),
    })
    const { trouble, finding } = await world.diagnose('--tenant stale', { service: { url } })
    expect(trouble).toEqual(['bundle-served problem'])
    expect(finding('bundle-served')).toMatchObject({
      detail: 'the service does not serve what the tables hold: trust.pem is another one',
      remedy: expect.stringMatching(/^See whether app and CLI use the same tables/),
    })
  })

  it.each([
    ['ending', 80, 'warning', /^(9|10) days left$/],
    ['ended', 89, 'problem', /^(0|1) days left$/],
  ])('an issuer that is %s', async (tenant, age, status, detail) => {
    await world.makeTenant(tenant, { madeAt: new Date(Date.now() - age * day) })
    const { trouble, findings } = await world.diagnose(`--tenant ${tenant}`)
    expect(trouble).toEqual([`generation-days ${status}`])
    expect(findings.find((one) => one.subject === 'issuer~0001' && one.status === status)).toMatchObject({
      detail: expect.stringMatching(detail),
      remedy: expect.stringMatching(/^mayfly authority status says: stage-issuer: it ends soon\. Servers/),
    })
  })

  it('an authority without any issuer that can sign', async () => {
    await world.makeTenant('over', { madeAt: new Date(Date.now() - 95 * day) })
    const { trouble, finding } = await world.diagnose('--tenant over')
    expect(trouble).toEqual(['generation-days problem', 'issuer-active problem'])
    expect(finding('issuer-active').detail).toMatch(/^no active issuer is valid .*: nobody can enroll$/)
  })

  it('an authority without a standby root, and a tenant without an authority', async () => {
    await world.makeTenant('alone', { madeAt: new Date(Date.now() - 8 * day) })
    await world.run('authority retire --tenant alone --generation root~0002 --yes')
    const { trouble, finding } = await world.diagnose('--tenant alone')
    expect(trouble).toEqual(['standby-root warning'])
    expect(finding('standby-root').remedy).toBe('Run mayfly authority stage-root.')
    const issuer = { url: world.stack.deployment.tokenIssuer?.url ?? '', audience: 'api://bare' }
    await applyDocument(world.tables, tenantDocument('bare', [genericTrust(issuer)]))
    const bare = await world.diagnose('--tenant bare')
    expect(bare.finding('authority-known')).toMatchObject({
      status: 'problem',
      remedy: 'Run mayfly authority init --tenant bare.',
    })
    expect(bare.finding('bundle-signature').status).toBe('not checked')
  })

  it('an issuer that nobody puts to work', async () => {
    const document = tenantDocument(
      'waiting',
      [genericTrust({ url: world.stack.deployment.tokenIssuer?.url ?? '', audience: 'api://waiting' })],
      hurried,
    )
    await world.makeTenant('waiting', { document })
    await world.run('authority stage-issuer --tenant waiting')
    await world.tamper('authorities', 'waiting', ({ row, values }) =>
      row === 'issuer~0002'
        ? { ...values, publishedAt: new Date(Date.now() - 20 * day).toISOString() }
        : undefined,
    )
    const { trouble, finding } = await world.diagnose('--tenant waiting')
    expect(trouble).toEqual(['activation-overdue warning', 'bundle-content problem'])
    expect(finding('activation-overdue').remedy).toMatch(
      /^Run mayfly authority activate --generation issuer~0002/,
    )
  })

  it('relying parties that are behind, and those that never told', async () => {
    const issuer = { url: world.stack.deployment.tokenIssuer?.url ?? '', audience: 'api://behind' }
    const document = tenantDocument('behind', [genericTrust(issuer)], hurried)
    await world.makeTenant('behind', { document })
    await world.run('relying-party add --tenant behind --name vpn-1')
    await world.run('authority confirm --tenant behind --relying-party vpn-1 --bundle 1')
    await world.run('relying-party add --tenant behind --name vpn-2')
    await world.run('authority stage-issuer --tenant behind')
    await world.run('authority activate --tenant behind --generation issuer~0002 --force --yes')
    const { trouble, findings } = await world.diagnose('--tenant behind')
    expect(trouble).toEqual(['relying-parties problem', 'relying-parties warning'])
    expect(findings.filter(({ id }) => id === 'relying-parties')).toMatchObject([
      {
        subject: 'vpn-1',
        status: 'problem',
        detail: 'holds bundle 1, 3 is in force: it lacks issuer~0002, which sign',
        remedy: expect.stringMatching(/mayfly trust fetch, or confirm .* mayfly authority confirm\.$/),
      },
      { subject: 'vpn-2', status: 'warning', detail: expect.stringMatching(/^never told of a bundle/) },
    ])
  })

  it('a configuration that was written over', async () => {
    await world.makeTenant('rewritten')
    await world.tamper('tenants', 'rewritten', ({ row, values }) =>
      row.startsWith('revision~')
        ? { ...values, document: String(values['document']).replace('Contoso', 'Evil') }
        : undefined,
    )
    const { trouble, finding } = await world.diagnose('--tenant rewritten')
    expect(trouble).toContain('tenant-configuration problem')
    expect(trouble.filter((one) => one.endsWith('problem'))).toHaveLength(1)
    expect(finding('tenant-configuration')).toMatchObject({
      detail: 'The configuration in force of rewritten is not the one that was applied.',
      remedy: expect.stringMatching(
        /^Find out who wrote to the table tenants .* mayfly tenant apply -f FILE --replace\.$/,
      ),
    })
    expect(finding('bundle-signature').status).toBe('ok')
  })

  it('a tenant that there is none of', async () => {
    const { finding, exitCode } = await world.diagnose('--tenant nobody')
    expect(finding('tenant-configuration').detail).toBe('Cannot find the tenant: there is no tenant nobody.')
    expect(exitCode).toBe(exitCodes.refused)
  })
})
