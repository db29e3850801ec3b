import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../local/temporaryFolder.ts'

const folder = join(import.meta.dirname, '../../infra/client/hooks')
const hooks = await readdir(folder)
const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0

/** A machine of programs that write down what they are called with; `act` is what one does besides. */
const bench = async (programs: Readonly<Record<string, string>>) => {
  const home = await temporaryFolder()
  const [bin, calls] = [join(home, 'bin'), join(home, 'calls')]
  await mkdir(bin)
  await writeFile(calls, '')
  for (const [name, act] of Object.entries(programs)) {
    const text = `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>'${calls}'\n${act}\n`
    await writeFile(join(bin, name), text, { mode: 0o755 })
  }
  return {
    home,
    run: (hook: string, facts: Readonly<Record<string, string>>) =>
      spawnSync(join(folder, hook), { env: { PATH: `${bin}:/usr/bin:/bin`, ...facts }, encoding: 'utf8' }),
    calls: async () => (await readFile(calls, 'utf8')).split('\n').slice(0, -1),
  }
}

describe.runIf(process.platform !== 'win32')('the hooks for clients and servers', () => {
  it.each(hooks)('%s is an executable that any POSIX shell reads', async (hook) => {
    expect(await readFile(join(folder, hook), 'utf8')).toMatch(/^#!\/bin\/sh\n# [^]*\nset -eu\n/)
    expect((await stat(join(folder, hook))).mode & 0o777).toBe(0o755)
    expect(spawnSync('sh', ['-n', join(folder, hook)]).status).toBe(0)
  })

  it.skipIf(!hasShellcheck).each(hooks)('%s has nothing that shellcheck would find', (hook) => {
    expect(spawnSync('shellcheck', [join(folder, hook)], { encoding: 'utf8' }).stdout).toBe('')
  })
})

describe.runIf(process.platform !== 'win32')('networkmanager', () => {
  const facts = { MAYFLY_TENANT: 'contoso', MAYFLY_FOLDER: '/home/ada/.config/mayfly/vpn' }
  const nmcli = (up: string) => `case "$*" in
*--active) printf 'lan:802-3-ethernet\\nwork:vpn\\nold:vpn\\nwifi:802-11-wireless\\n' ;;
'connection show uuid lan') echo 'ipv4.method: auto' ;;
'connection show uuid work') echo 'vpn.data: usercert = /home/ada/.config/mayfly/vpn/certificate.pem' ;;
'connection show uuid wifi') echo '802-1x.client-cert: file:///home/ada/.config/mayfly/vpn/certificate.pem' ;;
'connection show uuid old') echo 'vpn.data: usercert = /home/ada/.config/mayfly/vpn.old/certificate.pem' ;;
'connection down'*) ;;
*) ${up} ;;
esac`

  it('brings the connections up anew that name the credential, and no others', async () => {
    const { run, calls } = await bench({ nmcli: nmcli('exit 0') })
    expect(run('networkmanager', facts)).toMatchObject({ status: 0, stderr: '' })
    expect((await calls()).filter((call) => !call.includes(' show '))).toEqual([
      'nmcli connection down uuid work',
      'nmcli --wait 20 connection up uuid work',
      'nmcli --wait 20 connection up uuid wifi',
    ])
  })

  it('fails when NetworkManager does not answer', async () => {
    const { run } = await bench({ nmcli: 'exit 8' })
    expect(run('networkmanager', facts).status).toBe(8)
  })

  it('tries twice, and fails when one does not come up', async () => {
    const { run, calls } = await bench({ nmcli: nmcli('exit 4') })
    expect(run('networkmanager', facts).status).toBe(4)
    expect((await calls()).filter((call) => call.endsWith(' up uuid work'))).toHaveLength(2)
  })
})

describe.runIf(process.platform !== 'win32')('strongswan-client and strongswan-server', () => {
  /** What a tenant's bundle and swanctl have on their disk. */
  const withBundle = async (swanctl: string) => {
    const made = await bench({ swanctl })
    const [trust, own] = [join(made.home, 'trust'), join(made.home, 'swanctl')]
    for (const part of ['x509', 'x509ca', 'private']) await mkdir(join(own, part), { recursive: true })
    await mkdir(join(trust, 'certificates'), { recursive: true })
    for (const name of ['root~0001', 'issuer~0002'])
      await writeFile(join(trust, 'certificates', `${name}.pem`), name)
    await writeFile(join(trust, 'swanctl-cacerts.conf'), 'cacerts = issuer~0002.pem\n')
    const facts = {
      SWANCTL_DIR: own,
      MAYFLY_EVENT: 'trust-changed',
      MAYFLY_TENANT: 'contoso',
      MAYFLY_TRUST_FOLDER: trust,
      MAYFLY_TRUST_CERTIFICATES: join(trust, 'certificates'),
    }
    return { ...made, own, facts, authorities: () => readdir(join(own, 'x509ca')) }
  }

  it('put what the bundle holds in the place of what it held, and leave other authorities alone', async () => {
    const { run, facts, own, authorities, calls } = await withBundle('exit 0')
    for (const name of [
      'mayfly-contoso~issuer~0001.pem',
      'mayfly-contoso-2~issuer~0001.pem',
      'issuer~0001.pem',
      'own.pem',
    ])
      await writeFile(join(own, 'x509ca', name), name)
    expect(run('strongswan-client', facts).status).toBe(0)
    const ofClient = [
      'mayfly-contoso~issuer~0002.pem',
      'mayfly-contoso~root~0001.pem',
      'mayfly-contoso-2~issuer~0001.pem',
    ]
    expect((await authorities()).toSorted()).toEqual([...ofClient, 'issuer~0001.pem', 'own.pem'].toSorted())
    expect(run('strongswan-server', facts).status).toBe(0)
    const ofServer = ['issuer~0002.pem', 'root~0001.pem', 'own.pem']
    expect((await authorities()).toSorted()).toEqual([...ofClient, ...ofServer].toSorted())
    expect(await readFile(join(own, 'swanctl-cacerts.conf'), 'utf8')).toBe('cacerts = issuer~0002.pem\n')
    expect(await calls()).toEqual([
      'swanctl --load-creds --clear --noprompt',
      'swanctl --load-all --clear --noprompt',
      'swanctl --flush-certs',
    ])
  })

  it('keep the key for root alone', async () => {
    const { run, facts, own, home } = await withBundle('exit 0')
    const files = {
      MAYFLY_KEY_FILE: join(home, 'key.pem'),
      MAYFLY_CERTIFICATE_FILE: join(home, 'certificate.pem'),
    }
    for (const file of Object.values(files)) await writeFile(file, file)
    expect(run('strongswan-client', { ...facts, ...files, MAYFLY_EVENT: 'renewed' }).status).toBe(0)
    const modeOf = async (name: string) => (await stat(join(own, name))).mode & 0o777
    expect(await modeOf('private/mayfly-contoso.pem')).toBe(0o600)
    expect(await modeOf('x509/mayfly-contoso.pem')).toBe(0o644)
  })

  it.each(['strongswan-client', 'strongswan-server'])(
    '%s fails when strongSwan loads nothing',
    async (hook) => {
      const { run, facts } = await withBundle('exit 22')
      expect(run(hook, facts).status).toBe(22)
    },
  )
})
