import type { CredentialStore } from '../../client/credential/credentialStore.ts'
import { keyFaults } from '../../client/credential/keyFaults.ts'
import type { KeySettings, StoreName } from '../../client/credential/keySettings.ts'
import type { KeyMachine } from '../../client/credential/privateFolder.ts'
import { keychainStore } from '../../client/store/keychainStore.ts'
import { windowsStore } from '../../client/store/windowsStore.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { optionName } from '../commandLine/option.ts'
import { credentialFolderOf, processMachine } from './credentialFolderOf.ts'

const refuse = (why: string): Refusal => new Refusal('usage-wrong', `Cannot keep a certificate: ${why}.`)

const homes = { windows: ['win32', 'Windows'], keychain: ['darwin', 'macOS'] } as const

/** @throws {Refusal} `usage-wrong` for a store that this platform does not have */
const checkPlatform = (store: Exclude<StoreName, 'folder'>, { platform }: KeyMachine): void => {
  const [home, name] = homes[store]
  if (platform !== home) throw refuse(`--store ${store} is for ${name}, and this is ${platform}`)
}

/** @throws {Refusal} `usage-wrong` for what does not go together */
const checkKeySettings = (settings: KeySettings): void => {
  const said = Object.entries(settings).map(([member, value]) => [optionName(member), value])
  const [fault] = keyFaults(Object.fromEntries(said))
  if (fault) throw refuse(`--${fault.member} ${fault.reason}`)
}

/** Opens what keeps a credential, as options or a configuration say. @throws {Refusal} `usage-wrong` */
export const credentialStoreOf = (
  folder: string,
  settings: KeySettings,
  { notice: tell }: Pick<CommandContext, 'notice'>,
  machine: KeyMachine = processMachine(),
): CredentialStore => {
  const {
    store = 'folder',
    keyAlgorithm = 'P-256',
    keyProvider,
    reuseKey: reusesKey,
    keychainProgram,
  } = settings
  checkKeySettings(settings)
  if (keychainProgram !== undefined && store !== 'keychain')
    throw refuse('--keychain-program is for --store keychain')
  if (store === 'folder') return credentialFolderOf(folder, settings)
  checkPlatform(store, machine)
  if (keyProvider === 'pkcs11') throw refuse(`--store ${store} takes no key of a token`)
  if (store === 'windows')
    return windowsStore(folder, { keyAlgorithm, keyProvider, reusesKey, machine, tell })
  if (keyProvider !== undefined && keyProvider !== 'software')
    throw refuse(`a keychain takes no key of ${keyProvider}`)
  return keychainStore(folder, { keyAlgorithm, reusesKey, program: keychainProgram, machine })
}
