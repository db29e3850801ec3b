import { type KeyProvider, softwareKeys } from '../credential/clientKey.ts'
import type { KeyAlgorithm, KeySettings } from '../credential/keySettings.ts'
import type { KeyMachine } from '../credential/privateFolder.ts'
import { pkcs11PlaceOf, type Pkcs11Settings, pkcs11Token } from '../credential/pkcs11Token.ts'
import { tpm2Keys } from '../credential/tpm2Keys.ts'
import { type Found, notChecked, ok } from './finding.ts'

/** What says how the next key is made. */
type Making = Pick<KeySettings, 'keyAlgorithm' | 'keyProvider' | 'store'> & Partial<Pkcs11Settings>

/** Makers of keys that leave nothing behind where a key is made and dropped. */
const makers: Readonly<Record<string, (algorithm: KeyAlgorithm, machine: KeyMachine) => KeyProvider>> = {
  software: softwareKeys,
  tpm2: tpm2Keys,
}

/** The maker of a credential's keys; undefined for one that cannot be tried without leaving something behind. */
export const keysOf = (
  { keyAlgorithm = 'P-256', keyProvider = 'software', store = 'folder' }: Making,
  machine: KeyMachine,
): KeyProvider | undefined => (store === 'folder' ? makers[keyProvider]?.(keyAlgorithm, machine) : undefined)

/**
 * Makes a key as the next renewal will, has it sign, and drops it; a token is logged in to, and keeps what it has.
 * @throws {Refusal} `key-provider-failed`, `usage-wrong`, and those of the files of a token
 */
export const keyFound = async (settings: Making, machine: KeyMachine): Promise<Found> => {
  const { keyAlgorithm = 'P-256', keyProvider = 'software', store = 'folder' } = settings
  if (keyProvider === 'pkcs11' && store === 'folder') {
    await pkcs11Token(pkcs11PlaceOf(settings), machine)().then((token) => token(['--list-objects']))
    return ok(`the token "${settings.pkcs11Token}" is there, and takes the PIN`)
  }
  const keys = keysOf(settings, machine)
  if (!keys)
    return notChecked(
      `a key in ${store === 'folder' ? keyProvider : `the store ${store}`} would stay there`,
      'mayfly agent ensure makes one, and tells what fails.',
    )
  const key = await keys.make()
  await key.makeCsr()
  return ok(`${keyAlgorithm} keys can be made (${keyProvider}), and sign`)
}
