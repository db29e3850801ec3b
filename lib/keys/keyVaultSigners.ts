import { createHash } from 'node:crypto'
import type { CryptographyClient } from '@azure/keyvault-keys'
import { derEcdsaSignature } from '../x509/derEcdsaSignature.ts'
import { spend } from '../prepared/prepared.ts'
import { callVault, clientOptions, type KeyVaultAccess, type LastResponse } from './keyVaultAccess.ts'
import { type KeyVaultReference, parseKeyVaultReference } from './keyVaultReference.ts'
import { StrangeAnswer } from './keyVaultRefusal.ts'
import {
  type AuthorityAlgorithm,
  probeOctets,
  type SignerSource,
  type SigningKey,
  type SigningOptions,
} from './signer.ts'

/** Of a signature that no request waits for. */
const defaultTimeoutMilliseconds = 3_500

/** Lists the digest that Key Vault gets, and the octets that it returns: r and s, or a modulus of 2048 to 4096 bits. */
const forms: Readonly<Record<AuthorityAlgorithm, { digest: string; signatureOctets: readonly number[] }>> = {
  ES256: { digest: 'sha256', signatureOctets: [64] },
  ES384: { digest: 'sha384', signatureOctets: [96] },
  RS256: { digest: 'sha256', signatureOctets: [256, 384, 512] },
}

/** The client of a key by its id alone: given no more than that, it would read the key before it signs. */
const clientOf = async (
  { id, name, vaultUrl, version }: KeyVaultReference,
  access: KeyVaultAccess,
): Promise<CryptographyClient> => {
  // Loaded only where it is used: it is larger than the rest of the app.
  const sdk = await import('@azure/keyvault-keys')
  const key = { id, name, properties: { id, name, vaultUrl, version } }
  return new sdk.CryptographyClient(key, access.credential, clientOptions(access))
}

/**
 * Lets the first call of a client go alone. The SDK sends it without its body, to be told whom to ask for a token; when
 * another call is told first, the first is sent again without its body.
 */
const firstAlone = () => {
  let first: Promise<unknown> | undefined
  return async <T>(call: () => Promise<T>): Promise<T> => {
    if (first) {
      await first.catch(() => undefined)
      return call()
    }
    const mine = call()
    first = mine
    return mine
  }
}

/** The SDK does not tell which key signed; the response does. */
const checkKeyId = ({ body }: LastResponse, { name, version }: KeyVaultReference): void => {
  const { kid } = (body ?? {}) as { readonly kid?: unknown }
  if (typeof kid !== 'string' || !kid.endsWith(`/keys/${name}/${version}`))
    throw new StrangeAnswer('Another key signed.')
}

/** The value of the X.509 signature BIT STRING, of what Key Vault returns. */
const toX509 = (algorithm: AuthorityAlgorithm, signature: Uint8Array | undefined): Uint8Array => {
  if (!signature || !forms[algorithm].signatureOctets.includes(signature.length))
    throw new StrangeAnswer('The signature has a wrong length.')
  return algorithm === 'RS256' ? signature : derEcdsaSignature(signature)
}

/** The signing half of a key in Key Vault. Sends nothing before the first signature. */
export const keyVaultSigningKey = (
  reference: KeyVaultReference,
  algorithm: AuthorityAlgorithm,
  access: KeyVaultAccess,
): SigningKey => {
  const { digest } = forms[algorithm]
  const { timeoutMilliseconds = defaultTimeoutMilliseconds } = access
  const inTurn = firstAlone()
  let client: Promise<CryptographyClient> | undefined
  const signOctets = (
    octets: Uint8Array,
    requestId: string,
    { signal = AbortSignal.timeout(timeoutMilliseconds), onLogged }: SigningOptions = {},
  ): Promise<Uint8Array> => {
    client ??= clientOf(reference, access)
    const opened = client
    const hash = createHash(digest).update(octets).digest()
    const key = `${reference.name} of ${reference.host}`
    return callVault({ key, requestId, signal, onLogged }, (options, last) =>
      inTurn(async () => {
        options.abortSignal.throwIfAborted()
        const { result } = await (await opened).sign(algorithm, hash, options)
        checkKeyId(last, reference)
        return toX509(algorithm, result)
      }),
    )
  }
  return {
    sign: async (prepared, ...asked) => signOctets(spend(prepared), ...asked),
    probe: (...asked) => signOctets(probeOctets, ...asked),
  }
}

/**
 * Signs with keys in Azure Key Vault, without reading them: the permission to sign is enough. The key reference is the
 * versioned key id. Each key has one client; a vault that is down keeps nothing from starting.
 */
export const keyVaultSigners = (access: KeyVaultAccess): SignerSource => {
  const opened = new Map<string, SigningKey>()
  return {
    async open(keyReference, algorithm) {
      const name = `${algorithm} ${keyReference}`
      const known =
        opened.get(name) ??
        keyVaultSigningKey(parseKeyVaultReference(keyReference, access.host), algorithm, access)
      opened.set(name, known)
      return known
    },
  }
}
