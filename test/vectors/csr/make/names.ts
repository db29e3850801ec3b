import { derTag } from '../../../../lib/x509/derTag.ts'
import {
  encodeBitString,
  encodeContext,
  encodeElement,
  encodeOctetString,
  encodeOid,
  encodeSequence,
  encodeSmallInteger,
  encodeUtf8String,
} from '../../../../lib/x509/encodeElement.ts'
import {
  basicConstraintsCa,
  certificatePolicies,
  extKeyUsage,
  extensionOid,
  keyUsage,
  securityIdentifier,
  subjectAltName,
  subjectKeyIdentifier,
} from '../../../../lib/x509/extension.ts'
import { encodeName } from '../../../../lib/x509/encodeName.ts'
import { encodePem } from '../../../../lib/x509/pemBlock.ts'
import { assembleCsr, signedBy } from '../../../lib/x509/fixtures/csr.ts'
import {
  attribute,
  attributeType,
  extensions,
  request,
  requestFor,
  requestWith,
  type Vectors,
} from './request.ts'
import { generateKeyPairSync } from 'node:crypto'

const administrator = 'administrator@contoso.example'

/** The SID of the built-in administrator of the domain that the tests' user is in, and of another one. */
const administratorSid = 'S-1-5-21-1111111111-2222222222-3333333333-500'
const strangerSid = 'S-1-5-21-4444444444-5555555555-6666666666-1105'

const ia5String = (text: string) => encodeElement(derTag.ia5String, Buffer.from(text, 'latin1'))
const bmpString = (text: string) => encodeElement(0x1e, Buffer.from(text, 'utf16le').swap16())

const dns = subjectAltName([
  { kind: 'dNSName', value: 'dc01.contoso.example' },
  { kind: 'iPAddress', value: Uint8Array.of(10, 1, 2, 3) },
])

/** The extension that [MS-WCCE] section 2.2.2.7.7.2 calls the enrolment template's name. */
const templateName = { oid: '1.3.6.1.4.1.311.20.2', critical: false, value: bmpString('DomainController') }

/** What `certreq -new` of Windows puts into a request, [MS-WCCE] section 2.2.2.7. */
const windowsAttributes = (extensionType: string) => [
  attribute('1.3.6.1.4.1.311.13.2.3', ia5String('10.0.22631.2')),
  attribute(
    '1.3.6.1.4.1.311.21.20',
    encodeSequence(
      encodeSmallInteger(5),
      encodeUtf8String('LAPTOP7.contoso.example'),
      encodeUtf8String('CONTOSO\\mallory'),
      encodeUtf8String('certreq.exe'),
    ),
  ),
  attribute(
    '1.3.6.1.4.1.311.13.2.2',
    encodeSequence(
      encodeSmallInteger(1),
      bmpString('Microsoft Software Key Storage Provider'),
      encodeBitString(new Uint8Array(0)),
    ),
  ),
  attribute(
    extensionType,
    extensions(
      templateName,
      keyUsage(['digitalSignature']),
      extKeyUsage(['1.3.6.1.5.5.7.3.2']),
      subjectKeyIdentifier(new Uint8Array(20).fill(0x5c)),
    ),
  ),
]

const windowsRequest = (extensionType: string) => () => {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const der = assembleCsr({
    ...signedBy(key, 'RS256'),
    subject: encodeName([['CN', 'mallory@contoso.example']]),
    attributes: encodeContext(0, ...windowsAttributes(extensionType)),
  })
  return encodePem('NEW CERTIFICATE REQUEST', der).replaceAll('\n', '\r\n')
}

/** Good requests that ask for names, purposes and powers, none of which a certificate may show. */
export const nameVectors: Vectors = {
  'accepted/plain.der': () => request(),
  'accepted/asks-for-dns-names.der': () => requestFor(dns),
  'accepted/asks-for-upn.der': () => requestFor(subjectAltName([{ kind: 'upn', value: administrator }])),
  'accepted/asks-for-email.der': () =>
    requestFor(subjectAltName([{ kind: 'rfc822Name', value: administrator }])),
  'accepted/asks-for-device-uri.der': () =>
    requestFor(
      subjectAltName([
        { kind: 'uniformResourceIdentifier', value: 'urn:uuid:ffffffff-1111-4222-8333-444444444444' },
      ]),
    ),
  'accepted/asks-for-sid-of-administrator.der': () => requestFor(securityIdentifier(administratorSid)),
  'accepted/asks-for-sid-of-stranger.der': () => requestFor(securityIdentifier(strangerSid)),
  'accepted/asks-for-ca.der': () => requestFor(basicConstraintsCa(), keyUsage(['keyCertSign', 'cRLSign'])),
  'accepted/asks-for-any-purpose.der': () => requestFor(extKeyUsage(['2.5.29.37.0'])),
  'accepted/asks-for-smart-card-logon.der': () =>
    requestFor(extKeyUsage(['1.3.6.1.4.1.311.20.2.2', '1.3.6.1.5.5.7.3.1', '1.3.6.1.5.2.3.4'])),
  'accepted/asks-for-policy.der': () => requestFor(certificatePolicies(['1.3.6.1.4.1.99999.3'])),
  'accepted/asks-for-template.der': () => requestFor(templateName),
  'accepted/asks-for-crl-and-ocsp.der': () =>
    requestFor(
      {
        oid: extensionOid.authorityInfoAccess,
        critical: false,
        value: encodeSequence(
          encodeSequence(
            encodeOid('1.3.6.1.5.5.7.48.1'),
            encodeElement(0x86, Buffer.from('http://ocsp.fabrikam.example/')),
          ),
        ),
      },
      {
        oid: extensionOid.cRLDistributionPoints,
        critical: false,
        value: encodeSequence(
          encodeSequence(
            encodeContext(
              0,
              encodeContext(0, encodeElement(0x86, Buffer.from('http://crl.fabrikam.example/'))),
            ),
          ),
        ),
      },
    ),
  'accepted/asks-for-unknown-critical.der': () =>
    requestFor({
      oid: '1.3.6.1.4.1.99999.4',
      critical: true,
      value: encodeOctetString(Buffer.from('unheard-of')),
    }),
  'accepted/asks-for-name-in-old-attribute.der': () =>
    requestWith(
      attribute(
        '1.3.6.1.4.1.311.2.1.14',
        extensions(subjectAltName([{ kind: 'upn', value: administrator }])),
      ),
    ),
  'accepted/asks-twice.der': () =>
    requestWith(
      attribute(attributeType.extensionRequest, extensions(dns)),
      attribute(
        attributeType.extensionRequest,
        extensions(subjectAltName([{ kind: 'upn', value: administrator }])),
      ),
    ),
  'accepted/subject-of-another-user.der': () => request({ subject: encodeName([['CN', administrator]]) }),
  'accepted/subject-of-an-authority.der': () =>
    request({
      subject: encodeName([
        ['O', 'Contoso Trust Services'],
        ['CN', 'Contoso Mayfly root 0001'],
      ]),
    }),
  'accepted/challenge-password.der': () =>
    requestWith(attribute(attributeType.challengePassword, encodeUtf8String('tr0ub4dor'))),
  'accepted/unstructured-name.der': () =>
    requestWith(attribute(attributeType.unstructuredName, ia5String('router7.fabrikam.example'))),
  'accepted/windows-certreq.pem': windowsRequest(attributeType.extensionRequest),
  'accepted/windows-certreq-old-attribute.pem': windowsRequest('1.3.6.1.4.1.311.2.1.14'),
}
