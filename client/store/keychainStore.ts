import { rm } from 'node:fs/promises'
import { Refusal } from '../../lib/errors/refusal.ts'
import {
  type ClientKey,
  keyAlgorithmOf,
  keySha256,
  type PemKey,
  softwareKeys,
} from '../credential/clientKey.ts'
import { credentialFolder, pendingKeyFile } from '../credential/credentialFolder.ts'
import type { CredentialStore } from '../credential/credentialStore.ts'
import type { KeyAlgorithm } from '../credential/keySettings.ts'
import type { KeyMachine } from '../credential/privateFolder.ts'
import { keychainPlatform } from './keychainPlatform.ts'
import { acceptOnPlatform, filesBeside } from './acceptOnPlatform.ts'
import { heldByPlatform } from './heldByPlatform.ts'
import { ownCertificatesOf } from './ownCertificates.ts'
import { requestedKey } from './requestedKey.ts'

/** How the keychain of macOS keeps a credential. */
export interface KeychainStoreOptions {
  readonly keyAlgorithm: KeyAlgorithm
  /** Whether the key in use gets the next certificate too: then macOS asks once who may use it. */
  readonly reusesKey: boolean
  /** The path of a program that may use the key without asking its owner. */
  readonly program: string | undefined
  readonly machine: KeyMachine
}

const hasPem = (key: ClientKey): key is PemKey => 'pem' in key && typeof key.pem === 'string'

/**
 * Opens the keychain of macOS for a credential. The key is made in this process; it waits in the folder for its
 * certificate, and is in the keychain alone once that is there, which does not give it back.
 * @throws {Refusal} `usage-wrong` for a kind of key that keychains do not take
 */
export const keychainStore = (folder: string, options: KeychainStoreOptions): CredentialStore => {
  const { keyAlgorithm, reusesKey, program, machine } = options
  if (keyAlgorithm === 'Ed25519')
    throw new Refusal('usage-wrong', 'Cannot make a key: a keychain takes no Ed25519.')
  const waiting = credentialFolder(folder, { keys: softwareKeys(keyAlgorithm), machine })
  const held = () => heldByPlatform(folder, keychainPlatform(folder, machine))
  /** The key in use, by the request that was made when it could be read. */
  const keyToReuse = async (): Promise<ClientKey | undefined> => {
    const inUse = reusesKey ? await held() : undefined
    if (!inUse || keyAlgorithmOf(inUse.key.publicKey) !== keyAlgorithm) return undefined
    const { certificates } = await ownCertificatesOf(folder, 'keychain')
    const csr = certificates.find(({ thumbprint }) => thumbprint === inUse.thumbprint)?.reuse
    return csr === undefined ? undefined : requestedKey(csr)
  }
  /** A key that a crash left may be in the keychain, which takes no key twice: it gets no other certificate. */
  const newKey = async (): Promise<PemKey> => {
    const key = await waiting.pendingKey()
    const sha256 = keySha256(key).toString('hex')
    const { certificates } = await ownCertificatesOf(folder, 'keychain')
    if (!certificates.some((own) => own.key === sha256)) return key
    await rm(pendingKeyFile(folder))
    return waiting.pendingKey()
  }
  return {
    files: filesBeside(folder),
    held,
    pendingKey: async () => (await keyToReuse()) ?? newKey(),
    async accept(certificate, key) {
      const pem = hasPem(key) ? key.pem : undefined
      const reuse = reusesKey ? Buffer.from(await key.makeCsr()).toString('base64') : undefined
      const platform = keychainPlatform(folder, machine, { pem, program })
      await acceptOnPlatform(folder, platform, { certificate, key, reuse })
      await rm(pendingKeyFile(folder), { force: true })
    },
  }
}
