import { callVault, clientOptions, type KeyVaultAccess } from './keyVaultAccess.ts'
import { parseKeyVaultReference } from './keyVaultReference.ts'
import { StrangeAnswer } from './keyVaultRefusal.ts'

export interface KeyVaultAttributes {
  readonly enabled: boolean | undefined
  readonly notBefore: Date | undefined
  readonly expiresOn: Date | undefined
  readonly exportable: boolean | undefined
  /** JWK `key_ops`, RFC 7517 section 4.3. */
  readonly operations: readonly string[]
  /** Such as `Recoverable`; one that contains `Purgeable` lets somebody delete the key for good. */
  readonly recoveryLevel: string | undefined
  readonly isInHardware: boolean
}

const defaultTimeoutMilliseconds = 30_000

/**
 * Reads what a key in Azure Key Vault may do, and until when.
 * @param keyReference a versioned key id.
 * @throws {Refusal} `signer-refused` or `signer-unavailable`
 */
export const readKeyVaultAttributes = async (
  keyReference: string,
  access: KeyVaultAccess,
): Promise<KeyVaultAttributes> => {
  const { id, host, vaultUrl, name, version } = parseKeyVaultReference(keyReference, access.host)
  const { timeoutMilliseconds = defaultTimeoutMilliseconds } = access
  const sdk = await import('@azure/keyvault-keys')
  const client = new sdk.KeyClient(vaultUrl, access.credential, clientOptions(access))
  return callVault(
    { key: `${name} of ${host}`, signal: AbortSignal.timeout(timeoutMilliseconds) },
    async (options) => {
      const key = await client.getKey(name, { ...options, version })
      if (key.id !== id) throw new StrangeAnswer('It is another key.')
      const { enabled, notBefore, expiresOn, exportable, recoveryLevel } = key.properties
      return {
        enabled,
        notBefore,
        expiresOn,
        exportable,
        operations: key.keyOperations ?? [],
        recoveryLevel,
        isInHardware: (key.keyType ?? '').endsWith('-HSM'),
      }
    },
  )
}
