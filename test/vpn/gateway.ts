import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openssl } from '../openssl.ts'

/** What a VPN server proves itself with, and whom clients trust for it; PEM. */
export interface Gateway {
  readonly key: string
  readonly certificate: string
  readonly authority: string
  /** The key of that authority. */
  readonly authorityKey: string
}

/** Makes the gateway's authority, one of others, and what it issued to vpn.example.com, in a folder. */
export const makeGateway = async (folder: string): Promise<Gateway> => {
  const [key, authority] = [join(folder, 'gateway.key'), join(folder, 'authority.pem')]
  const authorityKey = join(folder, 'authority.key')
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const issuing = ['-CA', authority, '-CAkey', authorityKey]
  const extensions = [
    'subjectAltName=DNS:vpn.example.com',
    'keyUsage=digitalSignature',
    'extendedKeyUsage=serverAuth',
    'basicConstraints=CA:FALSE',
  ]
  openssl([...made, '-subj', '/CN=VPN servers', '-keyout', authorityKey, '-out', authority])
  const added = extensions.flatMap((extension) => ['-addext', extension])
  const certificate = openssl([...made, ...issuing, '-subj', '/CN=vpn.example.com', ...added, '-keyout', key])
  return {
    key: await readFile(key, 'utf8'),
    certificate: certificate.toString(),
    authority: await readFile(authority, 'utf8'),
    authorityKey: await readFile(authorityKey, 'utf8'),
  }
}
