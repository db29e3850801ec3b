import { Refusal } from '../errors/refusal.ts'
import { keysByScheme } from '../keys/signersByScheme.ts'
import { fixedCredential, type KeyVaultAccess } from '../keys/keyVaultAccess.ts'
import { keyVaultKeys } from '../keys/keyVaultKeys.ts'
import { localKeys } from '../keys/localKeys.ts'
import type { KeyProvider } from '../keys/signer.ts'
import type { Deployment, KeysLocation } from './deployment.ts'
import { developerCredential } from './developerCredential.ts'
import { readAuthorities } from '../files/readInput.ts'

/** A host has one name in DNS, whatever its case and with or without the dot at its end; 443 is the port of https. */
const originOf = (url: string): string => new URL(url).origin.replace(/\.(?=:\d+$|$)/, '')

/**
 * Tells whether issuer keys are, or would be, in the vault of the roots: whoever may sign with issuer keys, as the app
 * does, could sign with roots. A stand-in on this machine is both vaults at once, as a folder of keys is.
 * @param issuerUrl where the keys of issuers are made.
 */
export const sharesVault = ({ vault }: KeysLocation, issuerUrl: string | undefined): boolean =>
  vault !== undefined &&
  vault.standIn === undefined &&
  issuerUrl !== undefined &&
  [vault.rootUrl, issuerUrl].every((url) => URL.canParse(url)) &&
  originOf(vault.rootUrl) === originOf(issuerUrl)

/** Which keys a command works with. */
export interface KeysWanted {
  readonly kind: 'root' | 'issuer'
  /** URL of the vault that gets new keys, in place of the one of the deployment. */
  readonly vault?: string | undefined
}

/** Administrators wait: the credential of a developer takes its time. */
const timeoutMilliseconds = 30_000

/**
 * How the vaults of a deployment are reached.
 * @throws {Refusal} `usage-wrong` or `certificate-malformed` when the file of a stand-in's authority cannot be read.
 */
export const accessTo = ({ vault }: Deployment['keys']): KeyVaultAccess => {
  if (!vault?.standIn) return { credential: developerCredential, timeoutMilliseconds }
  const { caFile, token } = vault.standIn
  return {
    credential: fixedCredential(token),
    host: new URL(vault.issuerUrl).host,
    ca: readAuthorities(caFile),
    timeoutMilliseconds,
  }
}

/** Roots and issuers have vaults of their own: the function app may sign with every key of its vault. */
const checkApart = (keys: Deployment['keys'], named: string | undefined): void => {
  if (![named, keys.vault?.issuerUrl].some((url) => sharesVault(keys, url))) return
  throw new Refusal(
    'vaults-shared',
    'Cannot use the keys of the deployment: roots and issuers would share a vault, and who signs with issuers could sign with roots.',
  )
}

/**
 * Opens the keys of a deployment. New ones are made in a vault where the deployment or the command names one, in its
 * folder otherwise.
 * @throws {Refusal} `deployment-unknown`, `vaults-shared` or `signer-refused`
 */
export const openKeys = ({ keys }: Pick<Deployment, 'keys'>, { kind, vault }: KeysWanted): KeyProvider => {
  const local = keys.folder === undefined ? undefined : localKeys(keys.folder)
  checkApart(keys, vault)
  const vaultUrl = vault ?? (kind === 'root' ? keys.vault?.rootUrl : keys.vault?.issuerUrl)
  const remote = vaultUrl
    ? keyVaultKeys({ ...accessTo(keys), vaultUrl, hsm: keys.vault?.hsm ?? false })
    : undefined
  const newKeys = remote ?? local
  if (newKeys) return keysByScheme({ 'local:': local, 'https:': remote }, newKeys)
  throw new Refusal('deployment-unknown', `Cannot open keys: the deployment names no place for ${kind} keys.`)
}
