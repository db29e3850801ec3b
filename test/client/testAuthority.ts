import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { encodeCertificate } from '../../lib/x509/certificate.ts'
import { verifyCsr } from '../../lib/x509/verifyCsr.ts'
import { decodeCsr } from '../../lib/x509/decodeCsr.ts'
import { keyUsage } from '../../lib/x509/extension.ts'
import { encodeName } from '../../lib/x509/encodeName.ts'
import { encodePem } from '../../lib/x509/pemBlock.ts'
import { encodeTbsCertificate, serialNumberFrom } from '../../lib/x509/tbsCertificate.ts'

/** When the certificates of a test authority begin and end. */
export const validity = {
  notBefore: new Date('2026-03-02T09:55:00Z'),
  notAfter: new Date('2026-03-02T10:59:59Z'),
}

/** What a certificate of a test authority says. */
export interface TestCertificate {
  readonly subject: string
  readonly issuer: string
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  readonly signingKey: KeyObject
  readonly serialNumber?: Uint8Array
  readonly notBefore?: Date
  readonly notAfter?: Date
}

/** Signs a certificate that says just what it is told. @returns PEM. */
export const makeCertificate = (making: TestCertificate): string => {
  const tbs = encodeTbsCertificate({
    notBefore: making.notBefore ?? validity.notBefore,
    notAfter: making.notAfter ?? validity.notAfter,
    serialNumber: making.serialNumber ?? serialNumberFrom(randomBytes(16)),
    signature: 'ES256',
    issuer: encodeName([['CN', making.issuer]]),
    subject: encodeName([['CN', making.subject]]),
    subjectPublicKeyInfo: making.spki,
    extensions: [keyUsage(['digitalSignature'])],
  })
  return encodePem('CERTIFICATE', encodeCertificate(tbs, 'ES256', sign('sha256', tbs, making.signingKey)))
}

/** Makes an EC P-256 private key. */
export const makeKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/** The DER SubjectPublicKeyInfo of a private key. */
export const spkiOf = (privateKey: KeyObject): Uint8Array =>
  createPublicKey(privateKey).export({ format: 'der', type: 'spki' })

/** The DER SubjectPublicKeyInfo that the body of an enrollment asks a certificate for. */
export const requestedKey = (body: string): Uint8Array => {
  const { csr } = JSON.parse(body) as { csr: string }
  return verifyCsr(decodeCsr(Buffer.from(csr))).publicKey.spki
}

/** A root and an issuer that answer enrollments as Mayfly does. */
export const testAuthority = () => {
  const [rootKey, issuerKey] = [makeKey(), makeKey()]
  const root = makeCertificate({
    subject: 'root',
    issuer: 'root',
    spki: spkiOf(rootKey),
    signingKey: rootKey,
  })
  const issuer = makeCertificate({
    subject: 'issuer',
    issuer: 'root',
    spki: spkiOf(issuerKey),
    signingKey: rootKey,
  })
  /** A leaf for the key. */
  const leaf = (spki: Uint8Array, changes: Partial<TestCertificate> = {}): string =>
    makeCertificate({ subject: 'ada', issuer: 'issuer', spki, signingKey: issuerKey, ...changes })
  return {
    rootKey,
    issuerKey,
    root,
    issuer,
    leaf,
    /** The document that answers an enrollment of this body. */
    reply: (body: string) => {
      const serialNumber = serialNumberFrom(randomBytes(16))
      return {
        certificate: leaf(requestedKey(body), { serialNumber }),
        chain: [issuer],
        serialNumber: Buffer.from(serialNumber).toString('hex'),
        notBefore: '2026-03-02T09:55:00Z',
        notAfter: '2026-03-02T10:59:59Z',
        renewal: { start: '2026-03-02T10:30:00Z', end: '2026-03-02T10:45:00Z' },
      }
    },
  }
}
