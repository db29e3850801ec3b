import { type KeyProvider, softwareKeys } from '../../client/credential/clientKey.ts'
import { type CredentialFolder, credentialFolder } from '../../client/credential/credentialFolder.ts'
import type { KeySettings } from '../../client/credential/keySettings.ts'
import type { KeyMachine } from '../../client/credential/privateFolder.ts'
import { pkcs11Keys } from '../../client/credential/pkcs11Keys.ts'
import { pkcs11PlaceOf } from '../../client/credential/pkcs11Token.ts'
import { tpm2Keys } from '../../client/credential/tpm2Keys.ts'

/** The machine of this process, with its environment. */
export const processMachine = (): KeyMachine => ({
  platform: process.platform,
  environment: process.env,
})

/** Opens what makes keys. @throws {Refusal} `usage-wrong` */
const keysOf = (settings: KeySettings, machine: KeyMachine): KeyProvider => {
  const { keyAlgorithm = 'P-256', keyProvider = 'software' } = settings
  switch (keyProvider) {
    case 'software':
      return softwareKeys(keyAlgorithm)
    case 'tpm2':
      return tpm2Keys(keyAlgorithm, machine)
    case 'pkcs11':
      return pkcs11Keys(keyAlgorithm, pkcs11PlaceOf(settings), machine)
  }
}

/** Opens the folder that keeps a credential, with the keys that the options describe. @throws {Refusal} `usage-wrong` */
export const credentialFolderOf = (folder: string, settings: KeySettings): CredentialFolder => {
  const { reuseKey, pkcs12Password } = settings
  const machine = processMachine()
  const keys = keysOf(settings, machine)
  return credentialFolder(folder, { keys, reusesKey: reuseKey, pkcs12Password, machine })
}
