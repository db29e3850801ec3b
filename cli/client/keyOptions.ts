import { resolve } from 'node:path'
import {
  type KeyAlgorithm,
  keyAlgorithms,
  keyProviderNames,
  type KeySettings,
  storeNames,
} from '../../client/credential/keySettings.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { flag, parsed, text, type Values } from '../commandLine/option.ts'

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
  keyProvider: parsed(
    'NAME',
    `where the key is made: ${keyProviderNames.join(', ')} (software)`,
    (given, { option }) => {
      const found = keyProviderNames.find((name) => name === given)
      if (found !== undefined) return found
      throw new Refusal(
        'usage-wrong',
        `Cannot read --${option}: it takes one of ${keyProviderNames.join(', ')}.`,
      )
    },
    { choices: keyProviderNames, variable: 'MAYFLY_KEY_PROVIDER' },
  ),
  store: parsed(
    'NAME',
    `what keeps key and certificate: ${storeNames.join(', ')} (folder)`,
    (given, { option }) => {
      const found = storeNames.find((name) => name === given)
      if (found !== undefined) return found
      throw new Refusal('usage-wrong', `Cannot read --${option}: it takes one of ${storeNames.join(', ')}.`)
    },
    { choices: storeNames, variable: 'MAYFLY_STORE' },
  ),
  keychainProgram: text(
    'FILE',
    'a program that may use the key in the keychain without asking; only with --store keychain',
    { variable: 'MAYFLY_KEYCHAIN_PROGRAM' },
  ),
  reuseKey: flag('keep the key at each renewal, for who pins it, instead of making a new one'),
  pkcs12Password: text(
    'FILE',
    'holds a password: key, certificate and chain are written to credential.p12 (PKCS#12) too, which it opens',
    { variable: 'MAYFLY_PKCS12_PASSWORD' },
  ),
  pkcs11Module: text('FILE', 'the library that reaches the token; only with --key-provider pkcs11', {
    variable: 'MAYFLY_PKCS11_MODULE',
  }),
  pkcs11Token: text('LABEL', 'the label of the token that makes the keys', {
    variable: 'MAYFLY_PKCS11_TOKEN',
  }),
  pkcs11PinFile: text('FILE', "holds the PIN of the token's user", { variable: 'MAYFLY_PKCS11_PIN_FILE' }),
}

/** Reads what the options say of a key. */
export const keySettingsOf = ({
  keyAlgorithm,
  keyProvider,
  reuseKey,
  store,
  keychainProgram,
  pkcs12Password,
  pkcs11Module,
  pkcs11Token,
  pkcs11PinFile,
}: Values<typeof keyOptions>): KeySettings => ({
  keyAlgorithm,
  keyProvider,
  reuseKey,
  store,
  keychainProgram: keychainProgram && resolve(keychainProgram),
  pkcs12Password: pkcs12Password && resolve(pkcs12Password),
  pkcs11Module: pkcs11Module && resolve(pkcs11Module),
  pkcs11Token,
  pkcs11PinFile: pkcs11PinFile && resolve(pkcs11PinFile),
})

/** Puts what options say of a key in the place of what a file says. */
export const overriddenKeys = (values: Values<typeof keyOptions>, found: KeySettings): KeySettings => {
  const given = keySettingsOf(values)
  return {
    keyAlgorithm: given.keyAlgorithm ?? found.keyAlgorithm,
    keyProvider: given.keyProvider ?? found.keyProvider,
    reuseKey: given.reuseKey || found.reuseKey,
    store: given.store ?? found.store,
    keychainProgram: given.keychainProgram ?? found.keychainProgram,
    pkcs12Password: given.pkcs12Password ?? found.pkcs12Password,
    pkcs11Module: given.pkcs11Module ?? found.pkcs11Module,
    pkcs11Token: given.pkcs11Token ?? found.pkcs11Token,
    pkcs11PinFile: given.pkcs11PinFile ?? found.pkcs11PinFile,
  }
}
