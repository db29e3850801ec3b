import type { KeysLocation } from './deployment.ts'

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
