import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { localServerIdentity, type ServerIdentity } from '../../local/serverIdentity.ts'
import { openssl } from '../openssl.ts'
import { temporaryFolder } from './temporaryFolder.ts'

/** Has openssl verify the server certificate under the authority. */
const verify = ({ certificate, caFile }: ServerIdentity, ...options: readonly string[]): string =>
  openssl(
    ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', caFile, ...options],
    certificate,
  ).toString()

const show = (pem: string, ...options: readonly string[]): string =>
  openssl(['x509', '-noout', ...options], pem).toString()

describe('localServerIdentity()', () => {
  it('makes a server certificate that openssl verifies strictly for every name of this machine', async () => {
    const identity = await localServerIdentity(join(await temporaryFolder(), 'tls'), '192.0.2.7')
    expect(verify(identity, '-verify_hostname', 'localhost')).toContain('OK')
    expect(verify(identity, '-verify_hostname', hostname())).toContain('OK')
    for (const address of ['127.0.0.1', '::1', '192.0.2.7']) {
      expect(verify(identity, '-verify_ip', address)).toContain('OK')
    }
    expect(() => verify(identity, '-verify_hostname', 'vpn-ca.contoso.example')).toThrow(/hostname mismatch/i)
    expect(() => verify(identity, '-verify_ip', '192.0.2.8')).toThrow(/IP address mismatch/i)
  })

  it('names what it listens on once, be it a name or an address', async () => {
    const folder = await temporaryFolder()
    const namesAt = async (host: string) => {
      const { certificate } = await localServerIdentity(folder, host)
      const [, line = ''] = show(certificate, '-ext', 'subjectAltName').split('\n')
      return line.trim().split(', ')
    }
    const common = [
      'DNS:localhost',
      'IP Address:127.0.0.1',
      'IP Address:0:0:0:0:0:0:0:1',
      `DNS:${hostname()}`,
    ]
    expect(await namesAt('127.0.0.1')).toEqual(common)
    expect(await namesAt('vpn.contoso.example')).toEqual([...common, 'DNS:vpn.contoso.example'])
    expect(await namesAt('0.0.0.0')).toEqual([...common, 'IP Address:0.0.0.0'])
  })

  it('hands out the key of the certificate', async () => {
    const { key, certificate } = await localServerIdentity(await temporaryFolder(), 'localhost')
    expect(openssl(['pkey', '-pubout'], key).toString()).toBe(show(certificate, '-pubkey'))
  })

  it('makes an authority that signs servers alone, and no certificate authorities', async () => {
    const { certificate, caFile } = await localServerIdentity(await temporaryFolder(), 'localhost')
    const authority = show(await readFile(caFile, 'utf8'), '-ext', 'basicConstraints,keyUsage')
    expect(authority).toMatch(/CA:TRUE, pathlen:0/)
    expect(authority).toMatch(/Certificate Sign\n/)
    expect(show(certificate, '-ext', 'extendedKeyUsage')).toMatch(/TLS Web Server Authentication\n/)
    expect(() => openssl(['verify', '-CAfile', caFile, '-purpose', 'sslclient'], certificate)).toThrow(
      /purpose/,
    )
  })

  it('keeps the authority over restarts, and makes the server certificate anew', async () => {
    const folder = await temporaryFolder()
    const first = await localServerIdentity(folder, 'localhost')
    const authority = await readFile(first.caFile, 'utf8')
    const second = await localServerIdentity(folder, 'localhost')
    expect(await readFile(second.caFile, 'utf8')).toBe(authority)
    expect(second.key).not.toBe(first.key)
    expect(verify(first)).toContain('OK')
    expect(verify(second)).toContain('OK')
  })

  it('has no authority in common with another folder', async () => {
    const mine = await localServerIdentity(await temporaryFolder(), 'localhost')
    const other = await localServerIdentity(await temporaryFolder(), 'localhost')
    expect(() => verify({ ...mine, caFile: other.caFile })).toThrow(
      /certificate signature failure|unable to get/,
    )
  })

  it.skipIf(process.platform === 'win32')('keeps the key of the authority from everybody else', async () => {
    const folder = join(await temporaryFolder(), 'tls')
    await localServerIdentity(folder, 'localhost')
    expect((await readdir(folder)).sort()).toEqual(['ca-key.pem', 'ca.pem'])
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, 'ca-key.pem'))).mode & 0o777).toBe(0o600)
  })

  it('tells when the file of the authority holds none', async () => {
    const folder = await temporaryFolder()
    const { caFile } = await localServerIdentity(folder, 'localhost')
    await writeFile(caFile, '')
    await expect(localServerIdentity(folder, 'localhost')).rejects.toThrow(/ca\.pem: it holds no certificate/)
  })
})
