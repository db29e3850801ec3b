import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { SignatureAlgorithm } from '../../lib/x509/signatureAlgorithm.ts'
import { createCsr } from './createCsr.ts'
import { type KeyAlgorithm, keyAlgorithms } from './keySettings.ts'
import { keyElsewhereIn } from './publicKeyIn.ts'

/** The key of a client's certificate, which never leaves the client. */
export interface ClientKey {
  readonly publicKey: KeyObject
  /** Makes a certification request, DER: the CA takes the key and nothing else. */
  makeCsr(): Promise<Uint8Array>
}

/** A key that a file holds. */
export interface PemKey extends ClientKey {
  /** What `key.pem` gets: PKCS#8 (RFC 5958), or what a provider of OpenSSL opens. */
  readonly pem: string
}

/** Makes and opens keys of one kind. */
export interface KeyProvider {
  /**
   * Makes a key.
   * @param kept what is in every `key.pem` of the credential: others that it made for the credential may go.
   * @param folder that of the credential, in which it may remember by what it knows those again.
   */
  make(kept?: readonly string[], folder?: string): Promise<PemKey>
  /** Opens what is in a `key.pem`; undefined for a key of another kind. @throws {Error} for what is no key */
  open(pem: string): Promise<PemKey | undefined>
}

const generate = promisify(generateKeyPair)

/** How keys of a kind are made, told from others, and sign. */
interface KeyKind {
  readonly make: () => Promise<{ readonly privateKey: KeyObject }>
  readonly is: (key: KeyObject) => boolean
  readonly signature: SignatureAlgorithm
}

const ecKind = (namedCurve: string, nodeName: string, signature: SignatureAlgorithm): KeyKind => ({
  make: () => generate('ec', { namedCurve }),
  is: ({ asymmetricKeyDetails }) => asymmetricKeyDetails?.namedCurve === nodeName,
  signature,
})

const rsaKind = (modulusLength: number): KeyKind => ({
  make: () => generate('rsa', { modulusLength }),
  is: ({ asymmetricKeyType, asymmetricKeyDetails }) =>
    asymmetricKeyType === 'rsa' && asymmetricKeyDetails?.modulusLength === modulusLength,
  signature: 'RS256',
})

const kinds: Readonly<Record<KeyAlgorithm, KeyKind>> = {
  'P-256': ecKind('P-256', 'prime256v1', 'ES256'),
  'P-384': ecKind('P-384', 'secp384r1', 'ES384'),
  Ed25519: {
    make: () => generate('ed25519'),
    is: ({ asymmetricKeyType }) => asymmetricKeyType === 'ed25519',
    signature: 'EdDSA',
  },
  'RSA-2048': rsaKind(2048),
  'RSA-3072': rsaKind(3072),
  'RSA-4096': rsaKind(4096),
}

/** Names the kind of a key, private or public; undefined for one that is none of them. */
export const keyAlgorithmOf = (key: KeyObject): KeyAlgorithm | undefined =>
  keyAlgorithms.find((name) => kinds[name].is(key))

/** Takes a private key of one of the kinds. @throws {Refusal} `key-file-refused` for one of another kind */
export const clientKeyOf = (privateKey: KeyObject): PemKey => {
  const kind = keyAlgorithmOf(privateKey)
  if (!kind)
    throw new Refusal('key-file-refused', `Cannot use the key: it is none of ${keyAlgorithms.join(', ')}.`)
  const publicKey = createPublicKey(privateKey)
  return {
    publicKey,
    pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    makeCsr: async () => createCsr(privateKey, publicKey, kinds[kind].signature),
  }
}

/** Tells whether a key, private or public, is of a kind. */
export const isOfKind = (algorithm: KeyAlgorithm, key: KeyObject): boolean => kinds[algorithm].is(key)

/** Makes keys in this process, of one kind. */
export const softwareKeys = (algorithm: KeyAlgorithm = 'P-256'): KeyProvider => ({
  make: async () => clientKeyOf((await kinds[algorithm].make()).privateKey),
  async open(pem) {
    // A key of a TPM or a token is one of another kind.
    if (keyElsewhereIn(pem)) return undefined
    const privateKey = createPrivateKey(pem)
    return kinds[algorithm].is(privateKey) ? clientKeyOf(privateKey) : undefined
  },
})

/** SHA-256 of the SubjectPublicKeyInfo: what attestations are bound to, and the ledger tells keys apart by. */
export const keySha256 = ({ publicKey }: Pick<ClientKey, 'publicKey'>): Buffer =>
  createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest()
