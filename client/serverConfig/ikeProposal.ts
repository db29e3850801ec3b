/**
 * How tunnels of IKEv2 are encrypted, in the words of who is told: AES-GCM with 256 bits for IKE (RFC 5282) and ESP (RFC 4106),
 * SHA-384 (RFC 4868), and P-384 (RFC 5903), for CHILD_SAs too when they are rekeyed. Servers and profiles say this and nothing else:
 * with a list, whoever is in between chooses the weakest; by the defaults of Windows, that is DH group 2.
 */
export const ikeProposal = {
  /** strongSwan, and its plugin of NetworkManager. */
  strongSwan: { ike: 'aes256gcm16-prfsha384-ecp384', esp: 'aes256gcm16-ecp384' },
  /** `CryptographySuite` of ProfileXML, in the order of its schema. */
  profileXml: [
    ['AuthenticationTransformConstants', 'GCMAES256'],
    ['CipherTransformConstants', 'GCMAES256'],
    ['PfsGroup', 'ECP384'],
    ['DHGroup', 'ECP384'],
    ['IntegrityCheckMethod', 'SHA384'],
    ['EncryptionMethod', 'AES_GCM_256'],
  ],
  /** Parameters of Set-VpnServerConfiguration, and members of what Get-VpnServerConfiguration tells. */
  rras: [
    ['AuthenticationTransformConstants', 'GCMAES256'],
    ['CipherTransformConstants', 'GCMAES256'],
    ['PfsGroup', 'ECP384'],
    ['DHGroup', 'ECP384'],
    ['IntegrityCheckMethod', 'SHA384'],
    ['EncryptionMethod', 'GCMAES256'],
  ],
} as const
