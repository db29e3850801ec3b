import { Refusal } from '../../lib/errors/refusal.ts'
import type { ClientCertificate } from '../clientCertificate.ts'
import {
  type ClientKey,
  keyAlgorithmOf,
  keySha256,
  type PemKey,
  softwareKeys,
} from '../credential/clientKey.ts'
import { boughtCertificate } from '../credential/boughtCertificate.ts'
import { credentialFolder, pendingKeyFile, readPending } from '../credential/credentialFolder.ts'
import type { CredentialStore } from '../credential/credentialStore.ts'
import type { KeyAlgorithm } from '../credential/keySettings.ts'
import type { KeyMachine } from '../credential/privateFolder.ts'
import { keychainPlatform } from './keychainPlatform.ts'
import { acceptOnPlatform, filesBeside, keyHashOf } from './acceptOnPlatform.ts'
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
  const bought = boughtCertificate(folder)
  const held = () => heldByPlatform(folder, keychainPlatform(folder, machine))
  /** The key in use, by the request that was made when it could be read. */
  const keyToReuse = async (): Promise<ClientKey | undefined> => {
    const inUse = reusesKey ? await held() : undefined
    if (!inUse || keyAlgorithmOf(inUse.key.publicKey) !== keyAlgorithm) return undefined
    const { certificates } = await ownCertificatesOf(folder, 'keychain')
    const csr = certificates.find(({ thumbprint }) => thumbprint === inUse.thumbprint)?.reuse
    return csr === undefined ? undefined : requestedKey(csr)
  }
  /** The key that waits in the folder, where a certificate is for it. */
  const waitingFor = async (keyHash: string): Promise<PemKey | undefined> => {
    const key = await readPending(pendingKeyFile(folder), softwareKeys(keyAlgorithm))
    return key && keySha256(key).toString('hex') === keyHash ? key : undefined
  }
  const putIntoUse = async (certificate: ClientCertificate): Promise<boolean> => {
    const { certificates } = await ownCertificatesOf(folder, 'keychain')
    const keyHash = keyHashOf(certificate.certificate)
    const [key, ofKey] = [await waitingFor(keyHash), certificates.filter((one) => one.key === keyHash)]
    if (!key && ofKey.length === 0) return false
    const csr = reusesKey && key ? Buffer.from(await key.makeCsr()).toString('base64') : undefined
    const reuse = csr ?? ofKey.find((one) => one.reuse !== undefined)?.reuse
    const platform = keychainPlatform(folder, machine, { pem: key?.pem, program })
    await acceptOnPlatform(folder, platform, { certificate, reuse })
    return true
  }
  return {
    files: filesBeside(folder),
    held,
    pendingKey: async () => (await keyToReuse()) ?? waiting.pendingKey(),
    accept: (certificate) => bought.accept(certificate, putIntoUse),
    settle: (settling) => bought.settle(settling, putIntoUse),
  }
}
