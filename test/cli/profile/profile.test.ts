import { createHash } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { writeBundle } from '../../../client/restoreFiles.ts'
import { digestLines, trustFiles } from '../../../client/trustFiles.ts'
import { openTrustBundle } from '../../../lib/bundle/trustBundle.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { type BundleWorld, createBundleWorld } from '../../client/bundleWorld.ts'
import { vpnTomlOf } from '../../client/vpnProfile/vpnTomlOf.ts'
import { dpcKeys, registryExport } from '../../client/vpnProfile/windows/dpc/dpcExport.ts'
import { dpcCases, type DpcSettings } from '../../client/vpnProfile/windows/dpcCases.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testTime } from '../runCommand.ts'

let world: BundleWorld
let trust: string

beforeAll(async () => {
  world = await createBundleWorld('ES256', testTime, { certificate: { lifetimeSeconds: 1_800 } })
  trust = await mkdtemp(join(tmpdir(), 'mayfly-bundle-'))
  await writeBundle(trustFiles(trust), await openTrustBundle(world.jws, world.expected))
  await writeFile(trustFiles(trust).anchors, digestLines([world.root(1).digest]))
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await rm(trust, { recursive: true, force: true })
})

const user = { routes: ['10.0.0.0/8'] }

const fileOf = async (text: string): Promise<string> => {
  const file = join(await temporaryFolder(), 'vpn.toml')
  await writeFile(file, text, { mode: 0o600 })
  return file
}

const nowhere = () => Promise.reject(new Refusal('deployment-unknown', 'There is none here.'))

const run = async (words: readonly string[], text: string) =>
  runCommand([...words, '-f', await fileOf(text)], nowhere)

describe('mayfly profile for a client of Linux', () => {
  const upn = ['--user', 'ada@contoso.example']

  it('writes files beneath a folder, those that nobody else may read so, and tells what is to be done', async () => {
    const [root] = (await openTrustBundle(world.jws, world.expected)).roots
    const out = await temporaryFolder()
    const ca = join(out, 'ca.pem')
    await writeFile(ca, encodePem('CERTIFICATE', root?.der ?? new Uint8Array()), { mode: 0o600 })
    const text = vpnTomlOf({ user }, { server: { names: ['vpn.example.com'], ca } })
    const { text: told } = await run(['profile', 'networkmanager', '--out', out, ...upn], text)
    const keyfile = join(out, 'etc/NetworkManager/system-connections/mayfly-contoso-user.nmconnection')
    expect(told).toContain(keyfile)
    expect(told).toMatch(/connection\.secondaries/)
    expect((await stat(keyfile)).mode & 0o777).toBe(0o600)
    await expect(run(['profile', 'networkmanager', '--out', out], text)).toRefuse(
      'usage-wrong',
      /--user is missing/,
    )
  })

  it.each(['openvpn', 'strongswan', 'networkmanager'])(
    'refuses a server without roots, for %s',
    async (platform) => {
      await expect(run(['profile', platform, ...upn], vpnTomlOf({ user }))).toRefuse(
        'configuration-invalid',
        /server\.ca is missing/,
      )
    },
  )
})

describe('mayfly profile check', () => {
  it('tells what a file has, and what Windows makes of it', async () => {
    const servers = [{ name: 'vpn1.example.com' }, { name: 'vpn2.example.com' }]
    const {
      text,
      json,
      exitCode = 0,
    } = await run(['profile', 'check'], vpnTomlOf({ user: { ...user, servers } }))
    expect(text.replaceAll(/\s+/g, ' ')).toMatch(
      /is right: tunnels for user note windows: Contoso: servers has several: Windows only ever/,
    )
    expect(json).toMatchObject({ valid: true, faults: [], tunnels: ['user'] })
    expect(exitCode).toBe(0)
  })

  it('names every fault with its line, and ends with 3', async () => {
    const faulty = vpnTomlOf({ user: { routes: ['10.0.0.0/8', '10.0.0.0/8'], mtu: 9_000 } })
    const { text, json, exitCode } = await run(['profile', 'check'], faulty)
    expect(text).toMatch(/vpn\.toml: line 5, tunnels\.user\.mtu: is more than 1400\n1 fault$/)
    expect(json).toMatchObject({ valid: false, faults: [{ line: 5, path: 'tunnels.user.mtu' }] })
    expect(exitCode).toBe(3)
  })
})

describe('mayfly profile windows', () => {
  it('prints the ProfileXML, or writes it, and tells what stands beside it', async () => {
    const out = join(await temporaryFolder(), 'profile.xml')
    const { text, json } = await run(['profile', 'windows'], vpnTomlOf({ user }))
    expect(text).toMatch(/^<VPNProfile>\n[^]*<\/VPNProfile>$/)
    expect(json).toMatchObject({
      tunnel: 'user',
      name: 'Contoso',
      beside: { mtu: 1_400, outageSeconds: 1_800 },
    })
    await run(['profile', 'windows', '--out', out], vpnTomlOf({ user }))
    expect(await readFile(out, 'utf8')).toBe(`${text}\n`)
  })

  it('writes a script that installs it, which holds it as base64 alone', async () => {
    const script = join(await temporaryFolder(), 'Set-VpnProfile.ps1')
    const words = ['profile', 'windows', '--script', script]
    const { text, json } = await run(words, vpnTomlOf({ user: { ...user, name: "it's $(1)" } }))
    expect(text).toBe(`wrote ${script}`)
    const written = await readFile(script, 'utf8')
    const own = /^\$own = '([\w+/=]+)'$/m.exec(written)?.[1] ?? ''
    const { xml } = json as { readonly xml: string }
    expect(JSON.parse(Buffer.from(own, 'base64').toString())).toMatchObject({
      action: 'apply',
      name: "it's $(1)",
      xml,
      beside: { phonebook: { VpnStrategy: '7' }, mtu: 1_400 },
    })
    expect(written).not.toContain("it's $(1)")
    const wrong = run(words, vpnTomlOf({ user: { ...user, name: 'a:b' } }))
    await expect(wrong).rejects.toThrow(/Windows takes no profile named/)
  })

  it('takes issuers and marker from the bundle that is installed', async () => {
    const text = vpnTomlOf({ user }, { tenant: world.tenant, certificate: {} })
    await expect(run(['profile', 'windows'], text)).rejects.toThrow(/certificate\.issuers is empty/)
    const { json } = await run(['profile', 'windows', '--trust', trust], text)
    const { xml } = json as { readonly xml: string }
    const issuers = (await openTrustBundle(world.jws, world.expected)).issuers.length
    expect(xml.match(/<IssuerHash>(?:[0-9a-f]{2} ?){20}<\/IssuerHash>/g)).toHaveLength(issuers)
    expect(xml).toContain('<EKUOID>1.3.6.1.4.1.311.87</EKUOID>')
  })

  it("writes the profile for Entra's certificates without a bundle, and tells what is doubtful", async () => {
    const kerberos = { issuers: ['a'.repeat(40), 'b'.repeat(40)] }
    const top = { certificate: { marker: '1.3.6.1.4.1.311.87' } }
    const { json } = await run(['profile', 'windows-entra'], vpnTomlOf({ user: { ...user, kerberos } }, top))
    expect(json).toMatchObject({
      xml: expect.stringMatching(/<DeviceCompliance>\s*<Enabled>true</),
      beside: { useRasCredentials: true },
      notes: [
        expect.stringMatching(/certificates of both shows either\.$/),
        expect.stringMatching(/semicolons/),
      ],
    })
  })

  it('writes elements beyond the schema where that is asked, and tells what Windows may not heed', async () => {
    const text = vpnTomlOf({ user: { ...user, kerberos: { issuers: ['a'.repeat(40)] } } })
    const { json } = await run(['profile', 'windows', '--beyond-schema'], text)
    expect(json).toMatchObject({
      xml: expect.stringContaining('<UseRasCredentials>true</UseRasCredentials>'),
      notes: [expect.stringMatching(/kerberos is written beside a DeviceCompliance that is not enabled/)],
    })
  })

  it('refuses a server that would show a certificate of the tenant', async () => {
    const { issuers } = await openTrustBundle(world.jws, world.expected)
    const [issuer] = issuers
    const roots = [
      createHash('sha1')
        .update(issuer?.der ?? '')
        .digest('hex'),
    ]
    const text = vpnTomlOf({ user }, { tenant: world.tenant, server: { names: ['nps.example.com'], roots } })
    await expect(run(['profile', 'windows', '--trust', trust], text)).rejects.toThrow(
      /could pass as the server/,
    )
  })

  it('asks which tunnel is meant where there are several', async () => {
    const text = vpnTomlOf({ user, device: { ...user, name: 'Device' } })
    await expect(run(['profile', 'windows'], text)).rejects.toThrow(/the file has user, device; name one/)
    const { json } = await run(['profile', 'windows', '--tunnel', 'device'], text)
    expect(json).toMatchObject({ tunnel: 'device', name: 'Device' })
  })

  it('writes no profile without a route that a name should have given', async () => {
    const text = vpnTomlOf({ user: { routes: ['10.0.0.0/8', 'nowhere.invalid'] } })
    await expect(run(['profile', 'windows'], text)).toRefuse('name-unresolved', /nowhere\.invalid/)
  })

  it('tells which addresses of a name it does not take, and which server it could not look for', async () => {
    const many = Array.from({ length: 33 }, (_, index) => `198.51.100.${index + 1}`)
    const resolve4 = vi.spyOn(Resolver.prototype, 'resolve4')
    const resolve6 = vi.spyOn(Resolver.prototype, 'resolve6').mockResolvedValue([])
    onTestFinished(() => {
      resolve4.mockRestore()
      resolve6.mockRestore()
    })
    resolve4.mockImplementation(async (host: string) => (host === 'hr.example.net' ? many : []))
    const file = await fileOf(vpnTomlOf({ user: { routes: ['hr.example.net'] } }))
    const notices: string[] = []
    await runCommand(['profile', 'windows', '-f', file], nowhere, { notices })
    expect(notices.slice(0, 2)).toEqual([
      'hr.example.net has 33 addresses, of which the lowest 32 are taken',
      'vpn.example.com never had an answer: A: an empty answer, AAAA: an empty answer',
    ])
  })

  it('leaves out what a list has, or writes no profile without it', async () => {
    const lists = ['calls.txt']
    const file = await fileOf(vpnTomlOf({ user: { ...user, 'exclusion-lists': lists } }))
    const words = ['profile', 'windows', '-f', file]
    await expect(runCommand(words, nowhere)).toRefuse('list-unavailable', /calls\.txt never had an answer/)
    await writeFile(join(dirname(file), 'calls.txt'), '198.51.100.0/24\n10.1.0.0/16\n', { mode: 0o600 })
    const notices: string[] = []
    const { text } = await runCommand(words, nowhere, { notices })
    expect(text).toContain('<Address>198.51.100.0</Address>')
    expect(text).not.toContain('<Address>10.1.0.0</Address>')
    expect(notices).toContain('not taken: calls.txt leads to 10.1.0.0/16, which is of what the tunnel is for')
  })
})

describe('mayfly profile import dpc', () => {
  const importing = async (octets: Uint8Array, ...words: readonly string[]) => {
    const file = join(await temporaryFolder(), 'dpc.reg')
    await writeFile(file, octets)
    const options = ['--tenant', 'contoso', '--service', 'https://192.0.2.200']
    return runCommand(['profile', 'import', 'dpc', '-f', file, ...options, ...words], nowhere)
  }

  it('writes a file that profile check takes, tells what it leaves, and then ends with 3', async () => {
    const [first] = dpcCases()
    const keys = dpcKeys(first?.settings as DpcSettings)
    const out = join(await temporaryFolder(), 'vpn.toml')
    const { json, exitCode } = await importing(registryExport(keys), '--out', out)
    expect(json).toEqual({
      toml: await readFile(out, 'utf8'),
      left: [{ setting: 'UserTunnel\\IssuingCertificates', why: expect.stringMatching(/--trust tells/) }],
    })
    expect(exitCode).toBe(3)
    const checked = await runCommand(['profile', 'check', '-f', out], nowhere)
    expect(checked.json).toMatchObject({ valid: true, tunnels: ['user'] })
    await expect(importing(registryExport(keys), '--out', out)).toRefuse('usage-wrong', /exists already/)
    const { [String.raw`UserTunnel\IssuingCertificates`]: _, ...whole } = keys
    expect((await importing(registryExport(whole))).exitCode ?? 0).toBe(0)
  })

  it('refuses to write more than profile check would read, and writes nothing', async () => {
    const [first] = dpcCases()
    const networks = (start: string) =>
      Object.fromEntries(Array.from({ length: 1_800 }, (_, index) => [`${start}:${index + 1}::/48`, '']))
    const keys = {
      ...dpcKeys(first?.settings as DpcSettings),
      [String.raw`UserTunnel\RouteList`]: networks('2001:db8'),
      [String.raw`UserTunnel\RouteListExclude`]: networks('2001:db9'),
    }
    const out = join(await temporaryFolder(), 'vpn.toml')
    await expect(importing(registryExport(keys), '--out', out)).toRefuse(
      'configuration-invalid',
      /it would have \d{5} octets, and 65536 are read/,
    )
    await expect(stat(out)).rejects.toThrow('ENOENT')
  })

  it('refuses what is no export', async () => {
    await expect(importing(Buffer.from('REGEDIT4'))).toRefuse('usage-wrong', /does not begin with/)
  })
})
