import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { configurationOf, configurationSchema } from '../../../client/agent/configuration.ts'
import type { RecipeFile } from '../../../client/serverConfig/recipe.ts'
import { serverKinds } from '../../../client/serverConfig/recipes.ts'
import { writeBundle } from '../../../client/restoreFiles.ts'
import { digestLines, trustFiles } from '../../../client/trustFiles.ts'
import { openTrustBundle } from '../../../lib/bundle/trustBundle.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { type BundleWorld, createBundleWorld } from '../../client/bundleWorld.ts'
import { defaultMarkerOid } from '../../lib/profile/fixtures/markerOid.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment, testTime } from '../runCommand.ts'

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

const nowhere = () => Promise.reject(new Refusal('deployment-unknown', 'There is none here.'))
const service = ['--service', 'https://mayfly.example.com']
const hour = ['--lifetime', '1h']

const run = (words: readonly string[], ...more: readonly string[]) => {
  const common = ['--tenant', world.tenant, '--server-name', 'vpn.example.com', '--bundle', trust]
  return runCommand(['server-config', ...words, ...common, ...more], nowhere)
}

describe('mayfly server-config', () => {
  it.each(serverKinds)('writes for %s what it prints, each file with its mode', async (kind) => {
    const out = await temporaryFolder()
    const printed = await run([kind], ...service, ...hour)
    const { text, json } = await run([kind], ...service, ...hour, '--out', out)
    expect(json).toEqual(printed.json)
    const { files, cannotCheck, ends } = json as {
      readonly files: readonly RecipeFile[]
      readonly cannotCheck: readonly string[]
      readonly ends: string
    }
    for (const { path, mode, content } of files) {
      expect(await readFile(join(out, path), 'utf8')).toBe(content)
      if (process.platform !== 'win32') expect((await stat(join(out, path))).mode & 0o777).toBe(mode)
      expect(printed.text).toContain(`==> ${path} (0${mode.toString(8)})\n${content}`)
      expect(text).toContain(join(out, path))
    }
    for (const what of cannotCheck) expect(text).toContain(`- ${what}`)
    expect(text.replaceAll(/\s+/g, ' ')).toContain(ends)
  })

  it.skipIf(process.platform === 'win32')(
    'makes folders as a system has them, whatever the umask',
    async () => {
      const before = process.umask(0o077)
      onTestFinished(() => void process.umask(before))
      const out = join(await temporaryFolder(), 'staging')
      await run(['openvpn'], ...service, ...hour, '--out', out)
      for (const path of ['', 'etc', 'etc/openvpn/server', 'usr/lib/mayfly'])
        expect((await stat(join(out, path))).mode & 0o777).toBe(0o755)
      await chmod(join(out, 'etc'), 0o700)
      await run(['openvpn'], ...service, ...hour, '--out', out)
      expect((await stat(join(out, 'etc'))).mode & 0o777).toBe(0o700)
    },
  )

  it('takes the marker from the issuers of the bundle', async () => {
    const { json } = await run(['openvpn'], ...service, ...hour)
    expect(JSON.stringify(json)).toContain(`remote-cert-eku ${defaultMarkerOid}\\n`)
  })

  it('writes a configuration that the agent takes', async () => {
    const out = await temporaryFolder()
    const secret = join(out, 'secret')
    await writeFile(secret, 'c2VjcmV0', { mode: 0o600 })
    const party = ['--relying-party', 'vpn-1', '--secret-file', secret]
    await run(['nginx'], ...service, ...hour, ...party, '--out', out)
    const toml = parse(await readFile(join(out, 'etc/mayfly/mayfly.toml'), 'utf8'))
    const { bundles } = configurationOf(configurationSchema('/').parse(toml))
    expect(bundles).toMatchObject([
      {
        tenant: world.tenant,
        service: { url: 'https://mayfly.example.com' },
        folder: '/etc/mayfly/trust',
        anchors: [world.root(1).digest, world.root(2).digest],
        relyingParty: { name: 'vpn-1', secretFile: secret },
        onTrustChange: '/usr/lib/mayfly/reload-nginx',
      },
    ])
  })

  it.each(['nps', 'rras'])(
    'writes for %s what Windows reads, and a configuration of the agent',
    async (kind) => {
      const out = await temporaryFolder()
      const args = [kind, '--network-policy', 'VPN by Mayfly']
      await run(args, ...service, ...hour, '--out', out)
      const mayfly = join(out, 'Program Files/Mayfly')
      const toml = parse(await readFile(join(mayfly, 'mayfly.toml'), 'utf8'))
      expect(toml).toMatchObject({
        bundles: [
          {
            folder: String.raw`C:\Program Files\Mayfly\trust`,
            'on-trust-change': `C:\\Program Files\\Mayfly\\${kind}\\Update-Trust.ps1`,
          },
        ],
      })
      expect(await readFile(join(mayfly, kind, 'Settings.ps1'), 'utf8')).toContain(
        `NetworkPolicy = 'VPN by Mayfly'`,
      )
    },
  )

  it('has the agent of rras guard, for a relying party, in a way that it takes', async () => {
    const out = await temporaryFolder()
    const party = ['--relying-party', 'vpn-1', '--secret-file', String.raw`C:\vpn-1.secret`]
    await run(['rras'], ...service, ...hour, ...party, '--out', out)
    const toml = parse(await readFile(join(out, 'Program Files/Mayfly/mayfly.toml'), 'utf8'))
    const { bundles } = configurationOf(configurationSchema('/').parse(toml))
    expect(bundles).toMatchObject([{ guard: { lifetimeSeconds: 3600, servers: [] } }])
  })

  it('asks the deployment for what options do not say', async () => {
    const deployment = testDeployment(await temporaryFolder())
    const args = [
      'server-config',
      'ocserv',
      '--tenant',
      world.tenant,
      '--server-name',
      'v',
      '--bundle',
      trust,
    ]
    const { json } = await runCommand(args, deployment)
    expect(JSON.stringify(json)).toMatch(/session-timeout = 1800\\n.*:9\\"/)
  })

  it.each([
    ['no lifetime', ['nginx', ...service], /give --lifetime/],
    ['another server', ['apache', ...service, ...hour], /it is one of strongswan-pubkey/],
    ['a lifetime of none', ['nginx', ...service, '--lifetime', '1s'], /--lifetime: certificates live from/],
    ['a policy that is no identifier', ['nginx', ...service, '--policy-oid', '1.2; x'], /--policy-oid/],
    ['a party without a secret', ['nginx', ...service, ...hour, '--relying-party', 'a'], /go together/],
    [
      'a path that no quoting makes safe',
      ['nginx', ...service, ...hour, '--trust', '/a$b'],
      /--trust must be/,
    ],
    ['a relative path', ['nginx', ...service, ...hour, '--key', 'a'], /--key must be an absolute/],
    [
      'a path with a line end',
      ['nginx', ...service, ...hour, '--certificate', '/a\nb'],
      /--certificate must be/,
    ],
    [
      'a path that is none of Windows',
      ['nps', ...service, ...hour, '--trust', '/etc/trust'],
      /--trust must be a whole path such as C:/,
    ],
    [
      'a network policy that netsh would misread',
      ['nps', ...service, ...hour, '--network-policy', 'a"b'],
      /--network-policy must be/,
    ],
    ['a pool that is none', ['nginx', ...service, ...hour, '--pool', '10.0.0.0/33'], /--pool and --network/],
    [
      'a network with more',
      ['nginx', ...service, ...hour, '--network', '10.0.0.0/8"x'],
      /--pool and --network/,
    ],
  ])('refuses %s', async (_, [kind = '', ...args], detail) => {
    await expect(run([kind], ...args)).toRefuse('usage-wrong', detail)
  })

  it('refuses a name that is none, and a folder without a bundle', async () => {
    const empty = await temporaryFolder()
    const [name, folder] = [
      ['--server-name', 'a"b'],
      ['--bundle', empty],
    ]
    await expect(run(['nginx'], ...service, ...hour, ...name)).toRefuse('usage-wrong', /--server-name/)
    await expect(run(['nginx'], ...service, ...hour, ...folder)).toRefuse(
      'usage-wrong',
      /there is no bundle of/,
    )
  })
})

describe('mayfly server-config check', () => {
  const check = (...more: readonly string[]) => run(['check', 'openvpn'], ...service, ...hour, ...more)

  it('finds what was changed since, and ends with 3', async () => {
    const out = await temporaryFolder()
    await run(['openvpn'], ...service, ...hour, '--out', out)
    expect(await check('--installed', out)).toMatchObject({ exitCode: 0, json: { faults: [] } })
    const [conf, verify] = [
      join(out, 'etc/openvpn/server/mayfly.conf'),
      join(out, 'usr/lib/mayfly/openvpn-verify'),
    ]
    await writeFile(conf, (await readFile(conf, 'utf8')).replace('client-connect', '#'))
    await writeFile(verify, 'exit 0')
    const { text, exitCode } = await check('--installed', out)
    expect(exitCode).toBe(3)
    expect(text).toMatch(/^problem {2}no session ends with its certificate/m)
    expect(text).toMatch(/^problem {2}\/usr\/lib\/mayfly\/openvpn-verify is not what it should be now/m)
  })

  it('reads single files, and tells that it saw no programs', async () => {
    const out = await temporaryFolder()
    await run(['openvpn'], ...service, ...hour, '--out', out)
    const { text } = await check('--installed', join(out, 'etc/openvpn/server/mayfly.conf'))
    expect(text).toMatch(/as it should be .*\nhelper programs were not looked at/)
  })

  it.skipIf(process.platform === 'win32')(
    'names a program that others may change, or nobody can run',
    async () => {
      const out = await temporaryFolder()
      await run(['openvpn'], ...service, ...hour, '--out', out)
      const verify = join(out, 'usr/lib/mayfly/openvpn-verify')
      for (const mode of [0o777, 0o775, 0o644]) {
        await chmod(verify, mode)
        const { text } = await check('--installed', out)
        expect(text.replaceAll(/\s+/g, ' ')).toMatch(
          /^problem \/usr\/lib\/mayfly\/openvpn-verify can be changed by others than root/,
        )
      }
      await chmod(verify, 0o700)
      expect((await check('--installed', out)).exitCode).toBe(0)
    },
  )

  it('holds what the hook of strongSwan wrote to the bundle in force', async () => {
    const out = await temporaryFolder()
    await run(['strongswan-pubkey'], ...service, ...hour, '--out', out)
    const findings = async (written: string) => {
      await mkdir(join(out, 'etc/swanctl'), { recursive: true })
      await writeFile(join(out, 'etc/swanctl/mayfly-cacerts.conf'), written)
      const { text } = await run(['check', 'strongswan-pubkey'], ...service, ...hour, '--installed', out)
      return text
    }
    const current = await readFile(join(trust, 'swanctl-cacerts.conf'), 'utf8')
    expect(await findings(current)).toMatch(/^strongswan-pubkey is configured as it should be/)
    expect(await findings(current.replace(/ = .*/, '$&, issuer~0099.pem'))).toMatch(
      /^problem {2}`cacerts` is not the issuers of the bundle/,
    )
  })

  it('looks at what a file reads where that is named too, and at what systemd and the agent read', async () => {
    const out = await temporaryFolder()
    await run(['openvpn'], ...service, ...hour, '--out', out)
    const [conf, more] = [join(out, 'etc/openvpn/server/mayfly.conf'), join(out, 'more.conf')]
    await writeFile(conf, `${await readFile(conf, 'utf8')}config ${more}\n`)
    await writeFile(more, 'verb 3\n')
    expect((await check('--installed', out)).text).toMatch(/^problem {2}another file is read/)
    expect((await check('--installed', out, '--installed', more)).exitCode).toBe(0)
    await writeFile(more, 'duplicate-cn\n')
    expect((await check('--installed', out, '--installed', more)).text).toMatch(/^problem {2}`duplicate-cn`/)
    await rm(join(out, 'etc/mayfly/mayfly.toml'))
    await rm(join(out, 'etc/systemd/system'), { recursive: true })
    expect((await check('--installed', out, '--installed', more)).json).toMatchObject({
      faults: [
        { finding: expect.stringMatching(/^`duplicate-cn`/) as unknown },
        { finding: expect.stringMatching(/mayfly\.conf is missing$/) as unknown },
        { finding: expect.stringMatching(/^nobody keeps the bundle current/) as unknown },
        { finding: expect.stringMatching(/^nobody ends sessions/) as unknown },
      ],
    })
  })

  it.skipIf(process.platform === 'win32')('tells how Windows itself is looked at', async () => {
    const out = await temporaryFolder()
    await run(['nps'], ...service, ...hour, '--out', out)
    const look = () => run(['check', 'nps'], ...service, ...hour, '--installed', out)
    const { text, exitCode } = await look()
    expect(exitCode).toBe(0)
    expect(text).toMatch(
      /\nWindows itself was not looked at; on the server: powershell\.exe .*Test-Server\.ps1"$/,
    )
    await writeFile(join(out, 'Program Files/Mayfly/nps/Items.ps1'), '')
    expect((await look()).text).toMatch(/nps\/Items\.ps1 is not what it should be now/)
  })

  it('refuses a place where there is nothing to check', async () => {
    const out = await temporaryFolder()
    await mkdir(join(out, 'etc'))
    await expect(check('--installed', out)).toRefuse('usage-wrong', /nothing of it/)
    await expect(check('--installed', join(out, 'missing'))).toRefuse('usage-wrong', /nothing of it/)
  })
})
