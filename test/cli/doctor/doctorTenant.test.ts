import { generateKeyPairSync } from 'node:crypto'
import { chmod, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../../../cli/commandLine/exitCodes.ts'
import type { StoredRow } from '../../../lib/store/tables.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { freePort } from '../../../local/freePort.ts'
import { serve } from '../../client/serve.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { certificateFor } from '../../attestations.ts'
import { attestationTrust, entraTrust, genericTrust, postureTrust, tenantDocument } from '../../tenants.ts'
import { makeTokenKey } from '../../tokens.ts'
import { applyDocument } from '../../world.ts'
import { type DoctorWorld, hurried, startDoctorWorld, startProxy } from './doctorWorld.ts'

let world: DoctorWorld
beforeAll(async () => {
  world = await startDoctorWorld()
  return () => world[Symbol.asyncDispose]()
})

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)

const keyFile = (tenant: string, name: string) =>
  join(world.stack.folder, 'keys', `${tenant}.${name}-es256.pem`)

const closedService = async () => `http://127.0.0.1:${await freePort()}`

const authorityRow = async (tenant: string, name: string): Promise<StoredRow['values']> =>
  (await world.tables.list('authorities', tenant)).find(({ row }) => row.startsWith(name))?.values ?? {}

/** Writes over values of one row of an authority: that of this name, or the one that holds such octets. */
const tamper = (tenant: string, name: string, change: (values: StoredRow['values']) => object) =>
  world.tamper('authorities', tenant, ({ row, values }) =>
    row === name || values[name] instanceof Uint8Array ? { ...values, ...change(values) } : undefined,
  )

describe('mayfly doctor finds and explains of a tenant', () => {
  it.skipIf(process.platform === 'win32')('a key file that others can read', async () => {
    await world.makeTenant('open-key')
    await chmod(keyFile('open-key', 'issuer-1'), 0o644)
    const expected = {
      'key-usable problem': {
        subject: 'issuer~0001',
        detail: /its mode is 0644, not 0600\.$/,
        remedy: /^A key file is a regular PKCS#8 PEM file of mode 0600/,
      },
      'key-folder ok': {},
    }
    await world.finds(expected, { tenant: 'open-key' })
  })

  it('a key file that is gone, and one of another key', async () => {
    await world.makeTenant('lost-key')
    await rename(keyFile('lost-key', 'root-2'), `${keyFile('lost-key', 'root-2')}.lost`)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(keyFile('lost-key', 'root-1'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const other = {
      subject: 'root~0001',
      detail: /it is not the key of root~0001\.$/,
      remedy: /^Restore the key that the key reference names/,
    }
    const gone = {
      subject: 'root~0002',
      detail: /it does not exist\.$/,
      remedy: /Restore a file that is gone from its backup; else stage another root\.$/,
    }
    await world.finds({ 'key-usable problem': [other, gone] }, { tenant: 'lost-key' })
  })

  it('a token issuer that is down', async () => {
    const url = await closedService()
    await world.makeTenant('down', { trusts: [genericTrust({ url, audience: 'api://down' })] })
    const expected = {
      subject: url,
      detail: /^its keys cannot be fetched: .*ECONNREFUSED/,
      remedy: /^Nobody enrolls with its tokens .* See whether the issuer is up/,
    }
    await world.finds({ 'token-issuer-keys problem': expected }, { tenant: 'down' })
  })

  it('a token issuer whose only key is weak, and one that publishes a private key', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const weak = { ...publicKey.export({ format: 'jwk' }), kid: 'weak', use: 'sig' }
    const keys = await serve(({ path }) => ({
      body: { keys: [path === '/weak' ? weak : privateKey.export({ format: 'jwk' })] },
    }))
    const trust = (name: string) =>
      genericTrust({ url: `${keys.url}/${name}`, audience: 'api://weak' }, { jwksUri: `${keys.url}/${name}` })
    await world.makeTenant('weak', { trusts: [trust('weak'), trust('private')] })
    const expected = [
      {
        detail: '1 keys, 0 usable; weak has 1024 bits, fewer than 2048',
        remedy: /RSA keys of 2048 bits or more\.$/,
      },
      'it publishes a private key: anyone can make its tokens',
    ]
    await world.finds({ 'token-issuer-keys problem': expected }, { tenant: 'weak' })
  })

  it('an attestation service that is down, beside an issuer of posture tokens that is not', async () => {
    const key = { kty: 'RSA', kid: 'k1', x5c: [certificateFor(await makeTokenKey('RS256'))] }
    const keys = await serve(() => ({ body: { keys: [key] } }))
    const url = await closedService()
    const evidence = {
      posture: [postureTrust({ issuer: keys.url, jwksUri: `${keys.url}/certs` })],
      attestation: [attestationTrust({ issuer: url })],
    }
    await world.makeTenant('evidence', { changes: { evidence } })
    const expected = {
      'evidence-keys ok': { subject: keys.url, detail: '1 keys, 1 usable' },
      'evidence-keys problem': {
        subject: url,
        detail: /^its keys cannot be fetched: .*ECONNREFUSED/,
        remedy: /^All that its tokens could tell is unknown/,
      },
    }
    await world.finds(expected, { tenant: 'evidence' })
  })

  it('what rests on an Entra policy, which only Entra can show', async () => {
    const directory = crypto.randomUUID()
    const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
    const site = await serve(({ path }) => ({
      body: path?.endsWith('openid-configuration')
        ? { issuer: `${site.url}/${directory}/v2.0` }
        : { keys: [{ ...jwk, kid: 'k1', use: 'sig' }] },
    }))
    const trust = entraTrust(directory, { audience: crypto.randomUUID() }, { signInOrigin: site.url })
    await world.makeTenant('entra', { trusts: [trust] })
    const expected = {
      'entra-registration not checked': {},
      'token-issuer-context not checked': {
        detail: /"CA014 Require compliant device for VPN"/,
        remedy: /is On \(not Report-only\), .*includes All users/,
      },
    }
    expect((await world.finds(expected, { tenant: 'entra' })).exitCode).toBe(exitCodes.ok)
  })

  it('rules that no token can pass, whatever keys there are', async () => {
    const url = 'https://login.microsoftonline.com/common/v2.0'
    const trust = genericTrust({ url, audience: 'api://possible' }, { jwksUri: await closedService() })
    await world.makeTenant('impossible', { trusts: [trust] })
    const expected = {
      'token-issuer-keys problem': {},
      'token-issuer-configuration problem': {
        subject: url,
        detail: /^no token of it can pass\. issuer: .* use the kind entra/,
      },
    }
    await world.finds(expected, { tenant: 'impossible' })
  })

  it('a bundle whose signature was altered', async () => {
    await world.makeTenant('forged')
    await tamper('forged', 'jws', ({ jws }) => {
      const [head, content, signature = ''] = Buffer.from(jws as Uint8Array)
        .toString('latin1')
        .split('.')
      const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
      return { jws: Buffer.from(`${head}.${content}.${other}`) }
    })
    const expected = {
      'bundle-content not checked': {},
      'bundle-served problem': {},
      'bundle-signature problem': {
        detail:
          'Cannot rely on the authority of forged: its trust.jws: Cannot trust the bundle: its signature does not verify.',
        remedy: /^Nothing was changed or signed\. Somebody wrote to the table/,
      },
    }
    await world.finds(expected, { tenant: 'forged' })
  })

  it('signatures of other roots that keep the service from serving anything', async () => {
    await world.makeTenant('cosigned')
    await tamper('cosigned', 'signatures', () => ({ signatures: Buffer.from('x..y') }))
    const expected = { 'bundle-served problem': /what the tables hold does not verify/ }
    await world.finds(expected, { tenant: 'cosigned' })
  })

  it('a bundle of the future', async () => {
    await world.makeTenant('future', { madeAt: daysAgo(-1) })
    const expected = { detail: /it is of the future/, remedy: /run mayfly authority republish/ }
    await world.finds({ 'bundle-signature problem': expected }, { tenant: 'future', more: true })
  })

  it('a root that was put there beside the CLI, and whose rows it cannot vouch for', async () => {
    await world.makeTenant('planted')
    await world.makeTenant('mallory')
    const values = await authorityRow('mallory', 'root~0002')
    await world.tables.insert('authorities', { partition: 'planted', row: 'root~0003', values })
    const expected = {
      detail: 'Cannot rely on the authority of planted: root~0003, staged, was never signed.',
      remedy: /"Rows that nobody signed"/,
    }
    await world.finds({ 'bundle-content problem': expected }, { tenant: 'planted' })
    const folder = join(await temporaryFolder(), 'keys')
    const elsewhere = {
      detail: 'Cannot rely on the authority of planted: no root of it is known on this machine.',
      remedy: /never from the table\.$/,
    }
    const examined = { tenant: 'planted', keys: { folder }, more: true }
    await world.finds({ 'bundle-signature not checked': elsewhere }, examined)
  })

  it('a root that was set to another state beside the CLI', async () => {
    await world.makeTenant('moved')
    await tamper('moved', 'root~0002', () => ({ state: 'active' }))
    const expected = {
      'bundle-content problem': /: root~0002 is active, and staged in the bundle in force\.$/,
      'standby-root warning': {},
    }
    await world.finds(expected, { tenant: 'moved' })
  })

  it('files beside trust.jws that say something else, which nobody serves, but not those of earlier versions', async () => {
    const addToPem = async (from: string, name: string) => {
      const added = encodePem('CERTIFICATE', (await authorityRow(from, name))['certificate'] as Uint8Array)
      await tamper('beside', 'pem', ({ pem }) => ({
        pem: Buffer.concat([pem as Uint8Array, Buffer.from(`# other words\n${added}`)]),
      }))
    }
    await world.makeTenant('beside')
    await addToPem('beside', 'cross~')
    await world.finds({}, { tenant: 'beside' })
    await world.makeTenant('mallory-2')
    await addToPem('mallory-2', 'root~0001')
    await tamper('beside', 'pkcs7', () => ({ pkcs7: Buffer.from('planted') }))
    const expected = { 'bundle-content problem': 'not what trust.jws signs: trust.pem, trust.p7b' }
    await world.finds(expected, { tenant: 'beside' })
  })

  it('a service that serves another bundle than the tables hold', async () => {
    await world.makeTenant('stale', { madeAt: daysAgo(1) })
    const url = await startProxy(world.stack.url, {
      answer: (path) => (path === '/v1/stale/trust.pem' ? { status: 200, body: 'old' } : undefined),
    })
    const expected = {
      detail: 'the service does not serve what the tables hold: trust.pem is another one',
      remedy: /^See whether app and CLI use the same tables/,
    }
    await world.finds({ 'bundle-served problem': expected }, { tenant: 'stale', service: { url } })
  })

  it.each([
    ['ending', 80, 'warning', /^(9|10) days left$/],
    ['ended', 89, 'problem', /^(0|1) days left$/],
  ])('an issuer that is %s', async (tenant, age, status, detail) => {
    await world.makeTenant(tenant, { madeAt: daysAgo(age) })
    const remedy = /^mayfly authority status says: stage-issuer: it ends soon\. Servers/
    const expected = { subject: 'issuer~0001', detail, remedy }
    await world.finds({ [`generation-days ${status}`]: expected }, { tenant })
  })

  it('an authority without any issuer that can sign', async () => {
    await world.makeTenant('over', { madeAt: daysAgo(95) })
    const expected = {
      'generation-days problem': {},
      'issuer-active problem': /^no active issuer is valid .*: nobody can enroll$/,
    }
    await world.finds(expected, { tenant: 'over' })
  })

  it('an authority without a standby root, and a tenant without an authority', async () => {
    await world.makeTenant('alone', { madeAt: daysAgo(8) })
    await world.run('authority retire --tenant alone --generation root~0002 --yes')
    const expected = { 'standby-root warning': { remedy: 'Run mayfly authority stage-root.' } }
    await world.finds(expected, { tenant: 'alone' })
    const issuer = { url: world.stack.deployment.tokenIssuer?.url ?? '', audience: 'api://bare' }
    await applyDocument(world.tables, tenantDocument('bare', [genericTrust(issuer)]))
    const bare = {
      'authority-known problem': { remedy: 'Run mayfly authority init --tenant bare.' },
      'bundle-signature not checked': {},
    }
    await world.finds(bare, { tenant: 'bare', more: true })
  })

  it('an issuer that nobody puts to work', async () => {
    await world.makeTenant('waiting', { changes: hurried })
    await world.run('authority stage-issuer --tenant waiting')
    await tamper('waiting', 'issuer~0002', () => ({ publishedAt: daysAgo(20).toISOString() }))
    const expected = {
      'activation-overdue warning': { remedy: /^Run mayfly authority activate --generation issuer~0002/ },
      'bundle-content problem': {},
    }
    await world.finds(expected, { tenant: 'waiting' })
  })

  it('relying parties that are behind, and those that never told', async () => {
    await world.makeTenant('behind', { changes: hurried })
    await world.run('relying-party add --tenant behind --name vpn-1')
    await world.run('authority confirm --tenant behind --relying-party vpn-1 --bundle 1')
    await world.run('relying-party add --tenant behind --name vpn-2')
    await world.run('authority stage-issuer --tenant behind')
    await world.run('authority activate --tenant behind --generation issuer~0002 --force --yes')
    const expected = {
      'relying-parties problem': {
        subject: 'vpn-1',
        detail: 'holds bundle 1, 3 is in force: it lacks issuer~0002, which sign',
        remedy: /mayfly trust fetch, or confirm .* mayfly authority confirm\.$/,
      },
      'relying-parties warning': { subject: 'vpn-2', detail: /^never told of a bundle/ },
    }
    await world.finds(expected, { tenant: 'behind' })
  })

  it('policies on places, which a tunnel would mislead', async () => {
    const detail = /^a policy asks where .*: keep Mayfly's own host outside the VPN tunnel/
    await world.finds({ 'policy-places ok': { detail } }, { tenant: 'contoso', more: true })
  })

  it('a configuration that was written over', async () => {
    await world.makeTenant('rewritten')
    await world.tamper('tenants', 'rewritten', ({ row, values }) =>
      row.startsWith('revision~')
        ? { ...values, document: String(values['document']).replace('Contoso', 'Evil') }
        : undefined,
    )
    const expected = {
      'tenant-configuration problem': {
        detail: 'The configuration in force of rewritten is not the one that was applied.',
        remedy: /^Find out who wrote to the table tenants .* mayfly tenant apply -f FILE --replace\.$/,
      },
      'bundle-signature ok': {},
    }
    const { findings } = await world.finds(expected, { tenant: 'rewritten', more: true })
    expect(findings.filter(({ status }) => status === 'problem')).toHaveLength(1)
  })

  it('a tenant that there is none of', async () => {
    const expected = { 'tenant-configuration problem': 'Cannot find the tenant: there is no tenant nobody.' }
    const { exitCode } = await world.finds(expected, { tenant: 'nobody', more: true })
    expect(exitCode).toBe(exitCodes.refused)
  })
})
