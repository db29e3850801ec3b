import { createPublicKey, type JsonWebKey } from 'node:crypto'
import type { CreateEcKeyOptions, KeyClient, KeyVaultKey } from '@azure/keyvault-keys'
import { type CallOptions, callVault, clientOptions, type KeyVaultAccess } from './keyVaultAccess.ts'
import { parseVaultUrl, type KeyVaultReference, parseKeyVaultReference } from './keyVaultReference.ts'
import { StrangeAnswer } from './keyVaultRefusal.ts'
import { keyVaultSigningKey } from './keyVaultSigners.ts'
import type { AuthorityAlgorithm, KeyProvider, Signer } from './signer.ts'
import { Refusal } from '../errors/refusal.ts'

export interface KeyVaultLocation extends KeyVaultAccess {
  /** The vault that gets new keys; those that exist are found wherever their reference says. */
  readonly vaultUrl: string
  /** Whether new keys are kept in a hardware security module, which the vault must have. */
  readonly hsm?: boolean | undefined
}

/** Administrators wait longer than requests do: an RSA key takes a module seconds, a developer's credential too. */
const administrationMilliseconds = 30_000

const algorithms: ReadonlyMap<string, AuthorityAlgorithm> = new Map([
  ['EC P-256', 'ES256'],
  ['EC P-384', 'ES384'],
  ['RSA', 'RS256'],
])

const rsaBits = 3072

const base64url = (octets: Uint8Array | undefined): string => Buffer.from(octets ?? []).toString('base64url')

const jwkOf = ({ key }: KeyVaultKey): JsonWebKey => {
  const { kty = '', crv = '', x, y, n, e } = key ?? {}
  // A key of a hardware module says so in its type, which is otherwise the same.
  return kty.startsWith('EC')
    ? { kty: 'EC', crv, x: base64url(x), y: base64url(y) }
    : { kty: kty.replace('-HSM', ''), n: base64url(n), e: base64url(e) }
}

const refuseKey = (name: string, why: string): Refusal =>
  new Refusal('signer-refused', `Cannot use the key ${name}: ${why}.`)

type KeyFacts = Pick<Signer, 'algorithm' | 'publicKey'>

/** Reads the JSON Web Key that a vault shows. */
const factsOf = (key: KeyVaultKey): KeyFacts => {
  const jwk = jwkOf(key)
  const algorithm = algorithms.get([jwk.kty, jwk.crv].filter(Boolean).join(' '))
  if (!algorithm) throw refuseKey(key.name, 'it is neither EC P-256 or P-384 nor RSA')
  try {
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' })
    return { algorithm, publicKey }
  } catch {
    throw new StrangeAnswer('It is no public key.')
  }
}

/** One client a vault. */
const clientsOf = (access: KeyVaultAccess) => {
  const clients = new Map<string, KeyClient>()
  return async (vaultUrl: string): Promise<KeyClient> => {
    const sdk = await import('@azure/keyvault-keys')
    const client =
      clients.get(vaultUrl) ?? new sdk.KeyClient(vaultUrl, access.credential, clientOptions(access))
    clients.set(vaultUrl, client)
    return client
  }
}

const isNotFound = (error: unknown): boolean => {
  const { statusCode, code } = error as { readonly statusCode?: number; readonly code?: string }
  return statusCode === 404 && code === 'KeyNotFound'
}

/** Asks for a new key, which may sign and nothing else. */
const makeKey = (
  client: KeyClient,
  name: string,
  { algorithm, ...options }: CreateEcKeyOptions & { readonly algorithm: AuthorityAlgorithm },
): Promise<KeyVaultKey> => {
  const made = { ...options, keyOps: ['sign'] }
  if (algorithm === 'RS256') return client.createRsaKey(name, { ...made, keySize: rsaBits })
  return client.createEcKey(name, { ...made, curve: algorithm === 'ES256' ? 'P-256' : 'P-384' })
}

/** The three calls that administration makes, each on its own: what one answered says nothing about the next. */
const callsOf = (location: KeyVaultLocation) => {
  const clientFor = clientsOf(location)
  const calling = <T>(
    { name, host }: Pick<KeyVaultReference, 'name' | 'host'>,
    call: (client: KeyClient, options: CallOptions) => Promise<T>,
  ): Promise<T> => {
    const what = { key: `${name} of ${host}`, signal: AbortSignal.timeout(administrationMilliseconds) }
    return callVault(what, async (options) => call(await clientFor(`https://${host}`), options))
  }
  return {
    /** The newest version of a key; undefined when there is none. */
    find: (name: string, host: string): Promise<KeyVaultKey | undefined> =>
      calling({ name, host }, async (client, options) => {
        try {
          return await client.getKey(name, options)
        } catch (error) {
          if (isNotFound(error)) return undefined
          throw error
        }
      }),
    make: (name: string, host: string, algorithm: AuthorityAlgorithm): Promise<KeyVaultKey> =>
      calling({ name, host }, (client, options) =>
        makeKey(client, name, { ...options, hsm: location.hsm ?? false, algorithm }),
      ),
    read: (reference: KeyVaultReference): Promise<KeyFacts> =>
      calling(reference, async (client, options) => {
        const { id, name, version } = reference
        const key = await client.getKey(name, { ...options, version })
        if (key.id !== id) throw new StrangeAnswer('It is another key.')
        return factsOf(key)
      }),
  }
}

/**
 * Authority keys in Azure Key Vault. The key reference is the versioned key id.
 *
 * A vault belongs to one deployment: a key that has the name is taken for its own, in its newest version.
 * @throws {Refusal} `signer-refused` when the location is no vault.
 */
export const keyVaultKeys = (location: KeyVaultLocation): KeyProvider => {
  const host = parseVaultUrl(location.vaultUrl, location.host)
  const calls = callsOf(location)
  return {
    async create(name, algorithm) {
      const keyName = keyVaultName(name)
      const { id = '' } = (await calls.find(keyName, host)) ?? (await calls.make(keyName, host, algorithm))
      const reference = parseKeyVaultReference(id, location.host)
      const found = await calls.read(reference)
      if (reference.host !== host || reference.name !== keyName)
        throw refuseKey(keyName, `its vault shows ${id} in its place`)
      if (found.algorithm === algorithm) return id
      throw refuseKey(keyName, `it is for ${found.algorithm}, not ${algorithm}`)
    },
    holds: (keyReference) => keyReference.startsWith(`https://${host}/keys/`),
    async open(keyReference) {
      const reference = parseKeyVaultReference(keyReference, location.host)
      const facts = await calls.read(reference)
      return { ...facts, ...keyVaultSigningKey(reference, facts.algorithm, location) }
    },
  }
}

const word = '[a-z0-9]+(?:-[a-z0-9]+)*'
const dotted = new RegExp(`^([a-z0-9][a-z0-9-]*)\\.(${word})$`)
const plain = new RegExp(`^${word}$`)

/** Key Vault's limit; it also refuses dots. */
const maxCharacters = 127

/**
 * Names a key as Key Vault can: `contoso.root-1` becomes `contoso--root-1`.
 *
 * No two names become one: nothing after the dot holds two hyphens in a row, so the last two tell where the dot was, and a
 * name without a dot holds none.
 * @throws {Refusal} `signer-refused`
 */
export const keyVaultName = (name: string): string => {
  const [, tenant, rest] = dotted.exec(name) ?? []
  const mapped = tenant !== undefined && rest !== undefined ? `${tenant}--${rest}` : name
  const isAllowed = mapped.length <= maxCharacters && (mapped !== name || plain.test(name))
  if (isAllowed) return mapped
  throw new Refusal('signer-refused', `Cannot make the key ${JSON.stringify(name)}: its name is not allowed.`)
}
