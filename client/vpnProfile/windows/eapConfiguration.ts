import { entraMarker } from '../../../lib/profile/commonRules.ts'
import type { Element } from '../../service/xmlText.ts'
import type { VpnProfile, VpnTunnel } from '../vpnProfile.ts'

const microsoft = 'http://www.microsoft.com/provisioning'
const base = `${microsoft}/BaseEapConnectionPropertiesV1`
const tls = (version: 1 | 2 | 3): string => `${microsoft}/EapTlsConnectionPropertiesV${version}`
const peap = (version: 1 | 2): string => `${microsoft}/MsPeapConnectionPropertiesV${version}`

/** EAP types of RFC 3748 section 5: EAP-TLS (RFC 5216), and PEAP. */
const types = { tls: '13', peap: '25' } as const

const element = (name: string, content: Element['content'], xmlns?: string): Element =>
  xmlns === undefined ? { name, content } : { name, content, attributes: { xmlns } }

/** Prints a digest as EAP's documents have it: octets with spaces between. */
const spaced = (digest: string): string => (digest.match(/../g) ?? []).join(' ')

/** The certificate that the server must show; nobody is asked when it shows another. */
const serverValidation = ({ server }: VpnProfile): Element =>
  element('ServerValidation', [
    element('DisableUserPromptForServerValidation', 'true'),
    element('ServerNames', server.names.join(';')),
    ...server.roots.map((root) => element('TrustedRootCA', spaced(root))),
  ])

/** What Windows calls a purpose in the lists below is a name that this document gives it. */
const purposes = (marker: string, name: string): readonly Element[] => [
  element('EKUMapping', [element('EKUMap', [element('EKUName', name), element('EKUOID', marker)])]),
  {
    name: 'ClientAuthEKUList',
    attributes: { Enabled: 'true' },
    content: [element('EKUMapInList', [element('EKUName', name)])],
  },
]

/** Which certificates are shown: another issuer's, or one for another purpose, is not even offered. */
const filteringInfo = ({ certificate: { issuers, marker } }: VpnProfile): Element =>
  element(
    'FilteringInfo',
    [
      {
        name: 'CAHashList',
        attributes: { Enabled: 'true' },
        content: issuers.map((issuer) => element('IssuerHash', spaced(issuer))),
      },
      ...(marker === undefined ? [] : purposes(marker, 'Mayfly')),
    ],
    tls(3),
  )

/** Entra's certificates are told by their purpose: its issuer is renewed by Microsoft, and is none of the file's. */
const entraFilteringInfo = element('FilteringInfo', purposes(entraMarker, 'AAD Conditional Access'), tls(3))

const eapTls = (profile: VpnProfile, isEntra: boolean): Element =>
  element(
    'Eap',
    [
      element('Type', types.tls),
      element(
        'EapType',
        [
          element('CredentialsSource', [
            element('CertificateStore', [element('SimpleCertSelection', 'true')]),
          ]),
          serverValidation(profile),
          element('DifferentUsername', 'false'),
          element('PerformServerValidation', 'true', tls(2)),
          element('AcceptServerName', 'true', tls(2)),
          element('TLSExtensions', [isEntra ? entraFilteringInfo : filteringInfo(profile)], tls(2)),
        ],
        tls(1),
      ),
    ],
    base,
  )

/** PEAP binds its tunnel to what is proven inside (crypto binding), or a relay could pass it on. */
const peapAround = (profile: VpnProfile, isEntra: boolean): Element =>
  element(
    'Eap',
    [
      element('Type', types.peap),
      element(
        'EapType',
        [
          serverValidation(profile),
          element('InnerEapOptional', 'false'),
          eapTls(profile, isEntra),
          element('EnableQuarantineChecks', 'false'),
          element('RequireCryptoBinding', 'true'),
          element('PeapExtensions', [
            element('PerformServerValidation', 'true', peap(2)),
            element('AcceptServerName', 'true', peap(2)),
          ]),
        ],
        peap(1),
      ),
    ],
    base,
  )

/**
 * Makes the EapHostConfig of a tunnel, as Windows' EAP host takes it: the server validated by root and name, the client's
 * certificate chosen by issuer and purpose.
 * @param isEntra the client's certificate is one of Microsoft Entra's own VPN CA.
 */
export const eapConfiguration = (
  profile: VpnProfile,
  { authentication }: VpnTunnel,
  isEntra: boolean,
): Element => {
  const isBare = authentication === 'eap-tls'
  const host = `${microsoft}/EapHostConfig`
  const common = `${microsoft}/EapCommon`
  const method = [
    element('Type', isBare ? types.tls : types.peap, common),
    ...['VendorId', 'VendorType', 'AuthorId'].map((name) => element(name, '0', common)),
  ]
  return element(
    'EapHostConfig',
    [
      element('EapMethod', method),
      element('Config', [(isBare ? eapTls : peapAround)(profile, isEntra)], host),
    ],
    host,
  )
}
