import {
  constants,
  createECDH,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  privateEncrypt,
  randomBytes,
} from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { localKeys } from '../lib/keys/localKeys.ts'
import type { AuthorityAlgorithm } from '../lib/keys/signer.ts'
import { readPrivateKeyFile } from '../lib/x509/readPrivateKeyFile.ts'

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

interface Curve {
  readonly name: string
  readonly order: bigint
  /** Octets of a digest, a scalar and a coordinate. */
  readonly octets: number
}

const curves: Readonly<Record<'ES256' | 'ES384', Curve>> = {
  ES256: {
    name: 'prime256v1',
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    octets: 32,
  },
  ES384: {
    name: 'secp384r1',
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    octets: 48,
  },
}

const toInteger = (octets: Uint8Array): bigint => BigInt(`0x${Buffer.from(octets).toString('hex') || '0'}`)

const toOctets = (integer: bigint, octets: number): Buffer =>
  Buffer.from(integer.toString(16).padStart(2 * octets, '0'), 'hex')

const power = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  let result = 1n
  let square = base % modulus
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

/**
 * Signs a digest with ECDSA (FIPS 186-5 section 6.4.1), which node:crypto does not offer: it would hash it again.
 * Not in constant time: for keys that protect nothing.
 * @returns r and s, one after the other.
 */
const signEcdsa = ({ name, order, octets }: Curve, key: KeyObject, digest: Uint8Array): Buffer => {
  const { d = '' } = key.export({ format: 'jwk' })
  const ephemeral = createECDH(name)
  const point = ephemeral.generateKeys()
  const r = toInteger(point.subarray(1, 1 + octets)) % order
  // The inverse by Fermat: the order is prime.
  const inverse = power(toInteger(ephemeral.getPrivateKey()), order - 2n, order)
  const s = (inverse * (toInteger(digest) + r * toInteger(Buffer.from(d, 'base64url')))) % order
  return r === 0n || s === 0n
    ? signEcdsa({ name, order, octets }, key, digest)
    : Buffer.concat([toOctets(r, octets), toOctets(s, octets)])
}

/** DER DigestInfo of SHA-256 up to the digest, RFC 8017 section 9.2 note 1. */
const sha256Prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/** Octets of the digest that each algorithm signs. */
export const digestOctets: Readonly<Record<AuthorityAlgorithm, number>> = { ES256: 32, ES384: 48, RS256: 32 }

/** Signs a digest as Key Vault does: RSASSA-PKCS1-v1_5, or ECDSA as r and s. */
export const signDigest = ({ key, algorithm }: VaultKey, digest: Uint8Array): Buffer =>
  algorithm === 'RS256'
    ? privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([sha256Prefix, digest]))
    : signEcdsa(curves[algorithm], key, digest)

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
