import { softwareKeys } from '../../client/credential/clientKey.ts'
import { type CredentialFolder, credentialFolder } from '../../client/credential/credentialFolder.ts'
import type { KeySettings } from '../../client/credential/keySettings.ts'
import type { KeyMachine } from '../../client/credential/privateFolder.ts'
import { tpm2Keys } from '../../client/credential/tpm2Keys.ts'

/** The machine of this process, with its environment. */
export const processMachine = (): KeyMachine => ({
  platform: process.platform,
  environment: process.env,
})

/** Opens the folder that keeps a credential, with the keys that the options describe. @throws {Refusal} `usage-wrong` */
export const credentialFolderOf = (folder: string, settings: KeySettings): CredentialFolder => {
  const { keyAlgorithm = 'P-256', keyProvider = 'software', reuseKey, pkcs12Password } = settings
  const machine = processMachine()
  const keys = keyProvider === 'tpm2' ? tpm2Keys(keyAlgorithm, machine) : softwareKeys(keyAlgorithm)
  return credentialFolder(folder, { keys, reusesKey: reuseKey, pkcs12Password, machine })
}
