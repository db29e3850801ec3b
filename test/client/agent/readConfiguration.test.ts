import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { printFault } from '../../../client/agent/configurationFault.ts'
import {
  inspectConfiguration,
  parseConfiguration,
  readConfiguration,
} from '../../../client/agent/readConfiguration.ts'
import { projectFile } from '../../pages.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'configuration-'))
  await writeFile(join(folder, 'hook'), '#!/bin/sh\n', { mode: 0o755 })
  await writeFile(join(folder, 'plain'), '', { mode: 0o644 })
  await writeFile(join(folder, 'secret'), 'a-secret', { mode: 0o600 })
})
afterAll(() => rm(folder, { recursive: true }))

const top = 'url = "https://mayfly.example"\ntenant = "contoso"\n'
const file = '[[credentials]]\nfolder = "vpn"\ntoken = { kind = "file", file = "token" }\n'

const faultsIn = async (text: string): Promise<readonly string[]> => {
  const read = await parseConfiguration(text, folder)
  return read.kind === 'faults' ? read.faults.map(printFault) : []
}

const configurationIn = async (text: string) => {
  const read = await parseConfiguration(text, folder)
  if (read.kind === 'faults') throw new Error(read.faults.map(printFault).join('\n'))
  return read.configuration
}

describe('parseConfiguration()', () => {
  it('gives what stands at the top to whoever does not say it, and resolves paths', async () => {
    const own = `${file}url = "https://other.example"\ntenant = "fabrikam"\non-renew = "hook"\n`
    const { credentials } = await configurationIn(top + file + own.replace('"vpn"', '"b"'))
    expect(credentials).toMatchObject([
      {
        service: { url: 'https://mayfly.example', caFile: undefined },
        tenant: 'contoso',
        folder: join(folder, 'vpn'),
        token: { kind: 'file', file: join(folder, 'token') },
        keys: {
          keyAlgorithm: undefined,
          keyProvider: undefined,
          reuseKey: false,
          pkcs12Password: undefined,
          pkcs11Module: undefined,
          pkcs11Token: undefined,
          pkcs11PinFile: undefined,
        },
      },
      { service: { url: 'https://other.example' }, tenant: 'fabrikam', onRenew: join(folder, 'hook') },
    ])
  })

  it('reads sign-ins and bundles', async () => {
    const digest = 'AB'.repeat(32)
    const { credentials, bundles } = await configurationIn(`${top}
[[credentials]]
folder = "vpn"
token = { kind = "oidc", issuer = "https://login.example", client = "c", redirect = "http://127.0.0.1/callback" }
posture = { kind = "command", command = "posture" }

[[bundles]]
folder = "trust"
anchors = ["${digest}"]
mirrors = [{ url = "https://mirror.example" }]
relying-party = { name = "gateway", secret-file = "secret" }
on-trust-change = "hook"
`)
    expect(credentials[0]?.token).toEqual({
      kind: 'oidc',
      issuer: 'https://login.example',
      clientId: 'c',
      scopes: [],
      audience: undefined,
      resource: undefined,
      redirectUri: 'http://127.0.0.1/callback',
      allowDeviceCode: false,
      remember: false,
    })
    expect(bundles).toMatchObject([
      {
        anchors: ['ab'.repeat(32)],
        mirrors: [{ url: 'https://mirror.example' }],
        relyingParty: { name: 'gateway', secretFile: join(folder, 'secret') },
        onTrustChange: join(folder, 'hook'),
      },
    ])
  })

  it.each([
    [
      'an unknown member',
      `${top}${file}colour = "red"\n`,
      'line 6, credentials[0].colour: there is no such member',
    ],
    [
      'an option as JSON calls it',
      `${top}${file}onRenew = "hook"\n`,
      'line 6, credentials[0].onRenew: there is no such member',
    ],
    [
      'a missing member',
      `${top}[[credentials]]\nfolder = "vpn"\n`,
      'line 3, credentials[0].token: is missing',
    ],
    ['a wrong type', `${top}${file}on-renew = 1\n`, 'line 6, credentials[0].on-renew: must be a text'],
    [
      'another kind',
      `${top}${file.replace('"file"', '"magic"')}`,
      'line 5, credentials[0].token.kind: must be one of file, command, oidc, entra',
    ],
    [
      'http to another machine',
      `${top.replace('https', 'http')}${file}`,
      'line 1, url: Cannot use the service http://mayfly.example: its URL must be https (http on this machine only)',
    ],
    [
      'no service',
      `tenant = "contoso"\n${file}`,
      'line 2, credentials[0].url: is missing, here or at the top',
    ],
    ['nothing to keep', top, 'the file: has none of [[credentials]], [[bundles]] and [[profiles]] to keep'],
    [
      'one folder twice',
      `${top}${file}${file}`,
      'line 7, credentials[1].folder: is that of another, or one lies inside of the other',
    ],
    ['broken TOML', `${top}[[credentials]\n`, /^line 3, column \d+: /],
    [
      'a digest that is none',
      `${top}[[bundles]]\nfolder = "t"\nanchors = ["12"]\n`,
      /line 5, bundles\[0\]\.anchors\[0\]: must be the SHA-256/,
    ],
    [
      'a PKCS#12 file for a key that cannot be in it',
      `${top}${file}key-provider = "tpm2"\npkcs12-password = "secret"\n`,
      'line 7, credentials[0].pkcs12-password: is for a file that holds the key, and no file can hold a key of tpm2',
    ],
    [
      'a token without its label',
      `${top}${file}key-provider = "pkcs11"\npkcs11-module = "plain"\npkcs11-pin-file = "secret"\n`,
      'line 3, credentials[0].pkcs11-token: is missing, which the key-provider pkcs11 needs',
    ],
    [
      'a library that is not there',
      `${top}${file}key-provider = "pkcs11"\npkcs11-module = "absent"\npkcs11-pin-file = "secret"\npkcs11-token = "t"\n`,
      /line 7, credentials\[0\]\.pkcs11-module: Cannot use the PKCS#11 module .*absent: it cannot be found/,
    ],
    [
      'a password that cannot be read',
      `${top}${file}pkcs12-password = "absent"\n`,
      /line 6, credentials\[0\]\.pkcs12-password: Cannot read .*absent: ENOENT$/,
    ],
  ])('refuses %s, and says where', async (_, text, told) => {
    const faults = await faultsIn(text)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toEqual(typeof told === 'string' ? told : expect.stringMatching(told))
  })

  it.runIf(process.platform !== 'win32')('looks at files that it names', async () => {
    const text = `${top}${file}on-renew = "plain"\non-refused = "absent"\n`
    expect(await faultsIn(text)).toEqual([
      `line 6, credentials[0].on-renew: Cannot use the hook ${folder}/plain: it is no executable file`,
      `line 7, credentials[0].on-refused: Cannot use the hook ${folder}/absent: it cannot be found (ENOENT)`,
    ])
  })

  it.runIf(process.platform !== 'win32')('knows one folder by two names for one', async () => {
    await symlink('.', join(folder, 'link'))
    const again = file.replace('folder = "vpn"', 'folder = "link/vpn"')
    expect(again).not.toBe(file)
    expect(await faultsIn(`${top}${file}${again}`)).toEqual([
      'line 7, credentials[1].folder: is that of another, or one lies inside of the other',
    ])
  })

  it('tells all faults at once, in the order of the file, where a text goes over lines', async () => {
    const command = 'token = { kind = "command", command = """one\n[[bundles]]\ntwo""", more = 1 }\n'
    const text = `colour = 1\n${top}[[credentials]]\nfolder = "vpn"\n${command}on-renew = 1\n`
    expect(await faultsIn(text)).toEqual([
      'line 1, colour: there is no such member',
      'line 6, credentials[0].token.more: there is no such member',
      'line 9, credentials[0].on-renew: must be a text',
    ])
  })
})

describe('readConfiguration()', () => {
  it.runIf(process.platform !== 'win32')('refuses what others can write to', async () => {
    const path = join(folder, 'shared.toml')
    await writeFile(path, top + file)
    await chmod(path, 0o666)
    await expect(readConfiguration(path)).rejects.toMatchObject({ code: 'path-shared' })
    await chmod(path, 0o600)
    expect((await readConfiguration(path)).credentials).toHaveLength(1)
  })

  it('names the faults in a refusal', async () => {
    const path = join(folder, 'faulty.toml')
    await writeFile(path, 'colour = 1\n')
    await expect(readConfiguration(path)).rejects.toMatchObject({
      code: 'configuration-invalid',
      detail: expect.stringContaining('line 1, colour: there is no such member') as string,
    })
  })

  it.each([
    ['UTF-16', Buffer.from('\uFEFFurl = 1', 'utf16le')],
    ['too much', Buffer.alloc(70_000, '#')],
  ])('refuses %s', async (name, octets) => {
    const path = join(folder, 'octets.toml')
    await writeFile(path, octets)
    await expect(inspectConfiguration(path), name).rejects.toMatchObject({ code: 'configuration-invalid' })
  })
})

it('docs/client.md has an example with every member, which is right', async () => {
  const [, example = ''] = /```toml\n([^]*?)\n```/.exec(projectFile('docs/client.md')) ?? []
  const base = join(folder, 'documented')
  await mkdir(join(base, 'bin'), { recursive: true })
  for (const name of ['reload-vpn', 'tell-user', 'reload-trust'])
    await writeFile(join(base, 'bin', name), '#!/bin/sh\n', { mode: 0o755 })
  await mkdir(join(base, 'lib'))
  await writeFile(join(base, 'lib/token.so'), '')
  for (const name of ['gateway.secret', 'p12.password', 'printer.pin'])
    await writeFile(join(base, name), 'secret', { mode: 0o600 })
  const read = await parseConfiguration(example, base)
  expect(read.kind === 'faults' ? read.faults.map(printFault) : []).toEqual([])
  expect(
    read.kind === 'configuration' && read.configuration.credentials.map(({ token }) => token.kind),
  ).toEqual(['command', 'oidc', 'entra', 'file'])
})
