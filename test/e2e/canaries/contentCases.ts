import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { enrollment, type Marks } from './canaryRequests.ts'
import { knownCanary } from './canaryWorld.ts'
import { type CanaryCase, one, rsa, withClaims } from './oneRequest.ts'

const sid = 'S-1-5-21-3141592653-2718281828-1618033988-50001'

/** One request to the tenant that has policies. */
const governed = (
  code: RefusalCode,
  name: string,
  claims: (marks: Marks) => Readonly<Record<string, unknown>>,
): CanaryCase => ({
  name: `${code}: ${name}`,
  async play({ marks, world, send }) {
    const token = { claims: claims(marks) }
    await send(code, await enrollment(marks, world.issuers.governed, { tenant: 'governed', token }))
  },
})

/** Users and devices that get no certificate. */
export const decisionCases: readonly CanaryCase[] = [
  one(
    'upn-refused',
    'another suffix',
    withClaims((marks) => ({ upn: `${marks.text('upn')}@elsewhere.example` })),
  ),
  one(
    'upn-refused',
    'other characters',
    withClaims((marks) => ({ upn: `${marks.text('upn')} x@contoso.example` })),
  ),
  one(
    'sid-refused',
    'another domain',
    withClaims((marks) => ({ onprem_sid: marks.secret('sid', sid) })),
  ),
  one(
    'sid-refused',
    'no SID',
    withClaims((marks) => ({ onprem_sid: marks.text('sid') })),
  ),
  one(
    'token-claim-invalid',
    'a device id that is none',
    withClaims((marks) => ({ device_id: marks.text('id') })),
  ),
  one(
    'device-not-compliant',
    'disproven',
    withClaims((marks) => ({ device_compliant: marks.text('claim') })),
  ),
  governed('policy-not-satisfied', 'a blocked group', (marks) => ({
    groups: ['blocked', marks.text('group')],
  })),
  governed('sign-in-insufficient', 'acr', (marks) => ({
    groups: [marks.text('group')],
    acr: marks.text('acr'),
  })),
  one('denied', 'a stopped user', (marks, { run }) => {
    const localPart = marks.secret('upn', knownCanary(run, 'stopped user'))
    return { token: { claims: { upn: `${localPart}@contoso.example` } } }
  }),
]

/** Certification requests that are refused. */
export const csrCases: readonly CanaryCase[] = [
  one('csr-malformed', 'octets after it', (marks) => ({
    csr: (der) => Buffer.concat([der, Buffer.from(marks.text('trailer'))]),
  })),
  one('csr-malformed', 'cut short', () => ({ csr: (der) => der.subarray(0, 100) })),
  one('csr-malformed', 'text', (marks) => ({ body: () => marks.text('body') })),
  one('csr-malformed', 'PEM of something else', (marks) => ({
    headers: { 'content-type': 'text/plain' },
    body: () => `-----BEGIN ${marks.text('label').toUpperCase()}-----\n`,
  })),
  one('csr-malformed', 'a private key in its place', (marks) => ({
    headers: { 'content-type': 'application/x-pem-file' },
    body() {
      const pkcs8 = rsa(2048).export({ format: 'der', type: 'pkcs8' })
      return encodePem('PRIVATE KEY', marks.secret('private key', pkcs8.subarray(-600)))
    },
  })),
  one('csr-key-refused', 'a short modulus', () => ({ privateKey: rsa(1024) })),
  one('csr-signature-invalid', 'other octets', () => ({
    csr: (der) => Buffer.concat([der.subarray(0, -3), Buffer.of(1, 2, 3)]),
  })),
]
