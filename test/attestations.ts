import { KeyObject, randomUUID } from 'node:crypto'
import { encodeCertificate } from '../lib/x509/certificate.ts'
import { encodeName } from '../lib/x509/encodeName.ts'
import { keyUsage } from '../lib/x509/extension.ts'
import { encodeTbsCertificate } from '../lib/x509/tbsCertificate.ts'
import { makeTokenKey, signCompact, type TokenChanges, type TokenKey } from './tokens.ts'

/**
 * A certificate for a key, in the form that an instance of Azure Attestation published in 2020: of itself, for signing
 * certificates alone, and out of date since. Its signature is none: nobody looks at it.
 */
export const certificateFor = ({ publicKey }: TokenKey): string => {
  const name = encodeName([['CN', 'https://contoso.eus.attest.azure.net']])
  const tbs = encodeTbsCertificate({
    serialNumber: Buffer.from('1825df21ee1ce98e43234b9bb5cc29a4', 'hex'),
    signature: 'RS256',
    issuer: name,
    notBefore: new Date('2019-12-10T00:32:20Z'),
    notAfter: new Date('2020-12-10T00:32:20Z'),
    subject: name,
    subjectPublicKeyInfo: KeyObject.from(publicKey).export({ format: 'der', type: 'spki' }),
    extensions: [keyUsage(['keyCertSign'])],
  })
  return Buffer.from(encodeCertificate(tbs, 'RS256', new Uint8Array(256))).toString('base64')
}

/** The hash of the policy of every Azure attestation of tests. */
export const azurePolicyHash = 'GiGQCTOylCohHt4rd3pEppD9arh5mXC3ifF1m1hONh0'

const base64url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')

/** What an attestation says; the times come from the service. */
type AttestedClaims = (keyHash: string) => Readonly<Record<string, unknown>>

/**
 * A TPM that Azure Attestation judged. From the sample of a token in Microsoft's page on the HealthAttestation CSP: `ver`,
 * `x-ms-ver`, `rp_data`, `nonce`, `cnf`, `x-ms-policy-hash`, and what its policy issues. From the page on claim sets, as claims
 * that a policy may issue: `aikValidated`, `tpmVersion`, `vbsReportPresent`; and `x-ms-attestation-type`, which the sample lacks.
 */
export const azureTpmClaims: AttestedClaims = (keyHash) => ({
  jti: randomUUID(),
  ver: '1.0',
  'x-ms-ver': '1.0',
  rp_data: base64url(keyHash),
  nonce: base64url(keyHash),
  cnf: { jwk: { kty: 'RSA', n: 'AQIDBA', e: 'AQAB' } },
  'x-ms-policy-hash': azurePolicyHash,
  aikValidated: true,
  tpmVersion: 2,
  secureBootEnabled: true,
  bootDebuggingDisabled: true,
  codeIntegrityEnabled: true,
  bitlockerEnabled: true,
  vbsReportPresent: false,
})

/** The same machine with a report of an enclave beside (the page on claim sets: claims of VBS attestation). */
export const azureVbsClaims: AttestedClaims = (keyHash) => ({
  ...azureTpmClaims(keyHash),
  vbsEnabled: true,
  vbsReportPresent: true,
  enclaveAuthorId: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  enclaveSvn: 1,
})

/** RFC 9711: `eat_nonce` (section 4.1), `ueid` (4.2.1), `oemboot` (4.2.8), `dbgstat` (4.2.9), `eat_profile` (4.3.2), `intuse` (4.3.3). */
export const eatClaims: AttestedClaims = (keyHash) => ({
  eat_profile: 'https://attester.example/profile/1',
  eat_nonce: base64url(keyHash),
  ueid: 'AQIDBAUGBwgJCgsMDQ4PEBES',
  oemboot: true,
  dbgstat: 'disabled-since-boot',
  intuse: 'csr',
})

/** A service that attests machines, and lives in the test. */
export interface TestAttestationService {
  /** `iss`. */
  readonly url: string
  readonly key: TokenKey
  /** What it serves, by URL: its keys as Azure Attestation publishes them, by certificates alone, or with n and e. */
  documents(): Readonly<Record<string, unknown>>
  /**
   * Attests a machine and a key: good unless a test changes it.
   * @param keyHash SHA-256 of the key's SubjectPublicKeyInfo, hex.
   */
  attest(keyHash: string, changes?: TokenChanges): Promise<string>
}

interface TestServiceOptions {
  readonly now: () => Date
  readonly claims: AttestedClaims
  readonly key?: TokenKey
}

/** A service of Azure Attestation, or one whose claims are an EAT's. */
export const testAttestationService = async (
  url: string,
  { now, claims, key: given }: TestServiceOptions,
): Promise<TestAttestationService> => {
  const key = given ?? (await makeTokenKey('RS256'))
  const certified = { kty: 'RSA', kid: key.kid, x5c: [certificateFor(key)] }
  return {
    url,
    key,
    documents: () => ({
      [`${url}/.well-known/openid-configuration`]: { issuer: url, jwks_uri: `${url}/certs` },
      [`${url}/certs`]: { keys: [key.alg === 'RS256' ? certified : key.jwk] },
    }),
    attest(keyHash, changes = {}) {
      const seconds = Math.floor(now().getTime() / 1000)
      const times = { iss: url, iat: seconds, nbf: seconds - 300, exp: seconds + 86_400 }
      const signer = changes.key ?? key
      const payload = changes.payload ?? JSON.stringify({ ...times, ...claims(keyHash), ...changes.claims })
      return signCompact(payload, { typ: 'JWT', kid: signer.kid, ...changes.header }, signer)
    },
  }
}
