import { credentialFolder } from '../credential/credentialFolder.ts'
import type { CredentialStore } from '../credential/credentialStore.ts'
import type { KeyMachine } from '../credential/privateFolder.ts'
import { keychainPlatform } from './keychainPlatform.ts'
import { readOwnCertificates } from './ownCertificates.ts'
import { heldByPlatform } from './heldByPlatform.ts'
import { windowsPlatform } from './windowsPlatform.ts'

const platforms = { windows: windowsPlatform, keychain: keychainPlatform } as const

/** Tells what is in use in a folder, whichever store its key is in: for who does not know how it is configured. */
export const heldIn = (folder: string, machine: KeyMachine): Pick<CredentialStore, 'held'> => ({
  async held() {
    const pair = await credentialFolder(folder).held()
    if (pair) return pair
    const own = await readOwnCertificates(folder)
    return own && heldByPlatform(folder, platforms[own.platform](folder, machine))
  },
})
