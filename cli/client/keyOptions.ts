import { type KeyAlgorithm, keyAlgorithms, softwareKeys } from '../../client/credential/clientKey.ts'
import { type CredentialFolder, credentialFolder } from '../../client/credential/credentialFolder.ts'
import type { KeyMachine } from '../../client/credential/privateFolder.ts'
import { tpm2Keys } from '../../client/credential/tpm2Keys.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { flag, parsed, type Values } from '../commandLine/option.ts'

const isAlgorithm = (given: string): given is KeyAlgorithm =>
  keyAlgorithms.some((algorithm) => algorithm === given)

const keyProviders = ['software', 'tpm2'] as const

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
  keyProvider: parsed(
    'NAME',
    `where the key is made: ${keyProviders.join(', ')} (software)`,
    (given, { option }) => {
      const found = keyProviders.find((name) => name === given)
      if (found !== undefined) return found
      throw new Refusal('usage-wrong', `Cannot read --${option}: it takes one of ${keyProviders.join(', ')}.`)
    },
    { choices: keyProviders, variable: 'MAYFLY_KEY_PROVIDER' },
  ),
  reuseKey: flag('keep the key at each renewal, for who pins it, instead of making a new one'),
}

/** The machine of this process, with its environment. */
export const processMachine = (): KeyMachine => ({
  platform: process.platform,
  environment: process.env,
})

/** Opens the folder that keeps a credential, with the keys that the options describe. @throws {Refusal} `usage-wrong` */
export const credentialFolderOf = (
  folder: string,
  { keyAlgorithm = 'P-256', keyProvider = 'software', reuseKey }: Values<typeof keyOptions>,
): CredentialFolder => {
  const machine = processMachine()
  const keys = keyProvider === 'tpm2' ? tpm2Keys(keyAlgorithm, machine) : softwareKeys(keyAlgorithm)
  return credentialFolder(folder, { keys, reusesKey: reuseKey, machine })
}
