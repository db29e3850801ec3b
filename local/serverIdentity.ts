import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { encodeCertificate, parseCertificate } from '../lib/x509/certificate.ts'
import {
  authorityKeyIdentifier,
  basicConstraintsCa,
  type Extension,
  extKeyUsage,
  type GeneralName,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
} from '../lib/x509/extension.ts'
import { encodeName } from '../lib/x509/encodeName.ts'
import { encodePem, parsePemCertificates } from '../lib/x509/pemBlock.ts'
import { keyIdentifier, parsePublicKey } from '../lib/x509/publicKey.ts'
import { encodeTbsCertificate, serialNumberFrom } from '../lib/x509/tbsCertificate.ts'
import { readOrMake } from './writePrivateFile.ts'

export interface ServerIdentity {
  /** PKCS#8 PEM. */
  readonly key: string
  /** PEM. */
  readonly certificate: string
  /** The file of the authority that clients must trust. */
  readonly caFile: string
}

const dayMilliseconds = 86_400_000
const serverAuthOid = '1.3.6.1.5.5.7.3.1'
const caLifetimeDays = 825
const serverLifetimeDays = 90

const makeKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const toPem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()
const publicOf = (key: KeyObject) =>
  parsePublicKey(createPublicKey(key).export({ format: 'der', type: 'spki' }))

interface Making {
  readonly subject: Uint8Array
  readonly key: KeyObject
  readonly issuer: Uint8Array
  readonly issuerKey: KeyObject
  readonly days: number
  readonly extensions: readonly Extension[]
}

const makeCertificate = ({ subject, key, issuer, issuerKey, days, extensions }: Making): string => {
  const start = Math.floor(Date.now() / 1000) * 1000
  const { spki, bits } = publicOf(key)
  const tbs = encodeTbsCertificate({
    serialNumber: serialNumberFrom(randomBytes(16)),
    signature: 'ES256',
    issuer,
    notBefore: new Date(start - 3_600_000),
    notAfter: new Date(start + days * dayMilliseconds),
    subject,
    subjectPublicKeyInfo: spki,
    extensions: [subjectKeyIdentifier(keyIdentifier(bits)), ...extensions],
  })
  return encodePem('CERTIFICATE', encodeCertificate(tbs, 'ES256', sign('sha256', tbs, issuerKey)))
}

const makeCa = (key: KeyObject): string => {
  const subject = encodeName([['CN', `Mayfly local host ${hostname()}`.slice(0, 64)]])
  const extensions = [basicConstraintsCa(0), keyUsage(['keyCertSign'])]
  return makeCertificate({ subject, key, issuer: subject, issuerKey: key, days: caLifetimeDays, extensions })
}

/** Names a host; of the addresses of version 6 only the loopback, which is all that is needed. */
const namesOf = (host: string): readonly GeneralName[] => {
  if (host === '::1') return [{ kind: 'iPAddress', value: Uint8Array.of(...Buffer.alloc(15), 1) }]
  if (isIP(host) === 0) return [{ kind: 'dNSName', value: host }]
  return isIP(host) === 4 ? [{ kind: 'iPAddress', value: Uint8Array.from(host.split('.').map(Number)) }] : []
}

/**
 * Makes the https identity of the local host: an authority of this machine, kept, and a server certificate under it
 * for localhost, this machine's name and the address listened on, new at every start.
 */
export const localServerIdentity = async (folder: string, host: string): Promise<ServerIdentity> => {
  const caFile = join(folder, 'ca.pem')
  const caKey = createPrivateKey(await readOrMake(join(folder, 'ca-key.pem'), () => toPem(makeKey())))
  const [caDer] = parsePemCertificates(await readOrMake(caFile, () => makeCa(caKey)))
  if (!caDer) throw new Error(`Cannot use ${caFile}: it holds no certificate.`)
  const key = makeKey()
  const names = new Set(['localhost', '127.0.0.1', '::1', hostname(), host])
  const certificate = makeCertificate({
    subject: encodeName([['CN', 'Mayfly local host']]),
    key,
    issuer: parseCertificate(caDer).tbs.subject,
    issuerKey: caKey,
    days: serverLifetimeDays,
    extensions: [
      authorityKeyIdentifier(keyIdentifier(publicOf(caKey).bits)),
      keyUsage(['digitalSignature']),
      extKeyUsage([serverAuthOid]),
      subjectAltName([...names].flatMap(namesOf)),
    ],
  })
  return { key: toPem(key), certificate, caFile }
}
