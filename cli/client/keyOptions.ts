import { type KeyAlgorithm, keyAlgorithms, softwareKeys } from '../../client/credential/clientKey.ts'
import { type CredentialFolder, credentialFolder } from '../../client/credential/credentialFolder.ts'
import type { KeyMachine } from '../../client/credential/privateFolder.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { flag, parsed, type Values } from '../commandLine/option.ts'

const isAlgorithm = (given: string): given is KeyAlgorithm =>
  keyAlgorithms.some((algorithm) => algorithm === given)

/** The options that say which key a certificate gets. */
export const keyOptions = {
  keyAlgorithm: parsed(
    'NAME',
    `the kind of the key (P-256): ${keyAlgorithms.join(', ')}`,
    (given, { option }) => {
      if (isAlgorithm(given)) return given
      throw new Refusal(
        'usage-wrong',
        `Cannot read --${option}: it takes one of ${keyAlgorithms.join(', ')}.`,
      )
    },
    { choices: keyAlgorithms, variable: 'MAYFLY_KEY_ALGORITHM' },
  ),
  reuseKey: flag('keep the key at each renewal, for who pins it, instead of making a new one'),
}

/** The machine of this process, with its environment. */
export const processMachine = (): KeyMachine => ({
  platform: process.platform,
  environment: process.env,
})

/** Opens the folder that keeps a credential, with the keys that the options describe. */
export const credentialFolderOf = (
  folder: string,
  { keyAlgorithm, reuseKey }: Values<typeof keyOptions>,
): CredentialFolder =>
  credentialFolder(folder, {
    keys: softwareKeys(keyAlgorithm),
    reusesKey: reuseKey,
    machine: processMachine(),
  })
