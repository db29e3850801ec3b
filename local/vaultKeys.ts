import {
  constants,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  privateEncrypt,
  randomBytes,
} from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { p256, p384 } from '@noble/curves/nist.js'
import { localKeys } from '../lib/keys/localKeys.ts'
import type { AuthorityAlgorithm } from '../lib/keys/signer.ts'
import { readPrivateKeyFile } from '../lib/x509/readSecretFile.ts'

/** One version of a key. */
export interface VaultKey {
  /** 32 hex digits; a later version sorts after an earlier one. */
  readonly version: string
  readonly key: KeyObject
  readonly algorithm: AuthorityAlgorithm
}

/** The keys of the stand-in for Key Vault: one file a version, beneath the name of the key. */
export interface VaultKeys {
  create(name: string, algorithm: AuthorityAlgorithm): Promise<VaultKey>
  /** The newest version unless one is named; undefined when there is none. */
  find(name: string, version?: string): Promise<VaultKey | undefined>
}

/**
 * Signs a digest with ECDSA, which node:crypto does not offer: it would hash it again. As in Key Vault, each signature
 * differs.
 * @returns r and s, one after the other.
 */
const signEcdsa = (algorithm: 'ES256' | 'ES384', key: KeyObject, digest: Uint8Array): Buffer => {
  const { d = '' } = key.export({ format: 'jwk' })
  const curve = algorithm === 'ES256' ? p256 : p384
  return Buffer.from(
    curve.sign(digest, Buffer.from(d, 'base64url'), { prehash: false, lowS: false, extraEntropy: true }),
  )
}

/** DER DigestInfo of SHA-256 up to the digest, RFC 8017 section 9.2 note 1. */
const sha256Prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/** Octets of the digest that each algorithm signs. */
export const digestOctets: Readonly<Record<AuthorityAlgorithm, number>> = { ES256: 32, ES384: 48, RS256: 32 }

/** Signs a digest as Key Vault does: RSASSA-PKCS1-v1_5, or ECDSA as r and s. */
export const signDigest = ({ key, algorithm }: VaultKey, digest: Uint8Array): Buffer =>
  algorithm === 'RS256'
    ? privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([sha256Prefix, digest]))
    : signEcdsa(algorithm, key, digest)

/** The public half as JSON Web Key. */
export const publicJwk = ({ key }: VaultKey): JsonWebKey => createPublicKey(key).export({ format: 'jwk' })

const algorithmOf = (key: KeyObject): AuthorityAlgorithm => {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'ES384' : 'ES256'
}

/** Opens the keys of the stand-in in a folder, with the care that local keys are kept with. */
export const openVaultKeys = (folder: string): VaultKeys => {
  const versionsOf = async (name: string): Promise<readonly string[]> => {
    const files = await readdir(join(folder, name)).catch(() => [])
    return files.flatMap((file) => /^([0-9a-f]{32})\.pem$/.exec(file)?.[1] ?? []).sort()
  }
  const read = async (name: string, version: string): Promise<VaultKey | undefined> => {
    const key = await readPrivateKeyFile(join(folder, name, `${version}.pem`))
    return key && { version, key, algorithm: algorithmOf(key) }
  }
  return {
    async create(name, algorithm) {
      const number = (await versionsOf(name)).length.toString(16).padStart(8, '0')
      const version = `${number}${randomBytes(12).toString('hex')}`
      await localKeys(join(folder, name)).create(version, algorithm)
      const made = await read(name, version)
      if (!made) throw new Error(`The key ${name} was made and is not there.`)
      return made
    },
    async find(name, version) {
      const versions = await versionsOf(name)
      const wanted = version === undefined ? versions.at(-1) : versions.find((one) => one === version)
      return wanted === undefined ? undefined : read(name, wanted)
    },
  }
}
