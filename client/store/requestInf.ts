import type { KeyAlgorithm } from '../credential/keySettings.ts'

/** What makes keys on Windows: the TPM, and the protection of the user's own files. Neither gives them back. */
export const windowsProviders = {
  tpm2: 'Microsoft Platform Crypto Provider',
  software: 'Microsoft Software Key Storage Provider',
} as const

/** How certreq is asked for a kind of key; Windows makes no certificates for Ed25519. */
const kinds: Readonly<
  Partial<Record<KeyAlgorithm, readonly [algorithm: string, bits: number, hash: string]>>
> = {
  'P-256': ['ECDSA_P256', 256, 'SHA256'],
  'P-384': ['ECDSA_P384', 384, 'SHA384'],
  'RSA-2048': ['RSA', 2048, 'SHA256'],
  'RSA-3072': ['RSA', 3072, 'SHA256'],
  'RSA-4096': ['RSA', 4096, 'SHA256'],
}

/** The kinds of keys that Windows makes. */
export const windowsAlgorithms = Object.keys(kinds) as readonly KeyAlgorithm[]

/** A request that certreq is to make. */
export interface RequestDescription {
  /** Names the request until its certificate is there: the CA takes the key and nothing else. */
  readonly subject: string
  readonly provider: keyof typeof windowsProviders
  readonly keyAlgorithm: KeyAlgorithm
  /** The name of the key, by which it is found again. */
  readonly container: string
  /** Whether the key of that name is there already. */
  readonly isKeyThere: boolean
}

/**
 * Writes what `certreq -new` reads. All that stands in it is from here, in ASCII: nothing has to be quoted for Windows. The
 * defaults that are suppressed would tell the service the names of user, machine and program.
 */
export const requestInf = (description: RequestDescription): string => {
  const { subject, provider, keyAlgorithm, container, isKeyThere } = description
  const [algorithm = '', bits = 0, hash = ''] = kinds[keyAlgorithm] ?? []
  const making = [`KeyAlgorithm=${algorithm}`, `KeyLength=${bits}`, 'Exportable=FALSE']
  return [
    '[Version]',
    'Signature="$Windows NT$"',
    '',
    '[NewRequest]',
    `Subject="${subject}"`,
    'FriendlyName="Mayfly"',
    `ProviderName="${windowsProviders[provider]}"`,
    `KeyContainer="${container}"`,
    `UseExistingKeySet=${isKeyThere ? 'TRUE' : 'FALSE'}`,
    // The properties of a key that is there cannot be changed.
    ...(isKeyThere ? [] : making),
    `HashAlgorithm=${hash}`,
    'KeyUsage=0x80',
    'MachineKeySet=FALSE',
    'RequestType=PKCS10',
    'Silent=TRUE',
    'SMIME=FALSE',
    'SuppressDefaults=TRUE',
    '',
  ].join('\r\n')
}
