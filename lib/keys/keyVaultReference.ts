import { Refusal } from '../errors/refusal.ts'

/** A versioned key id, `https://<vault>/keys/<name>/<version>`: how Key Vault names one key that never changes. */
export interface KeyVaultReference {
  readonly id: string
  /** Host, with the port where it is not 443. */
  readonly host: string
  readonly vaultUrl: string
  readonly name: string
  /** 32 hex digits. */
  readonly version: string
}

const form = /^https:\/\/([a-z0-9.-]+(?::\d{1,5})?)\/keys\/([0-9A-Za-z-]{1,127})(?:\/([0-9a-f]{32}))?$/

/** Azure's own hosts: no other gets a token of the app's identity, whatever a row of the tables says. */
const azureHost = /^[a-z0-9-]{3,24}\.(?:vault|managedhsm)\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)$/

const refuse = (reference: string, why: string): Refusal =>
  new Refusal('signer-refused', `Cannot use the key ${JSON.stringify(reference.slice(0, 200))}: ${why}.`)

/** Checks that a host is a vault of Azure's, or the one that is configured in place of all of them. */
const checkHost = (host: string, only: string | undefined, named: string): void => {
  const isAllowed = only === undefined ? azureHost.test(host) : host === only
  if (!isAllowed) throw refuse(named, `its host is not ${only ?? "one of Azure's vaults"}`)
}

/**
 * Parses the URL of a vault, `https://<vault>`.
 * @param only the one host that is allowed; Azure's vaults when undefined.
 * @returns its host, with the port where it is not 443.
 * @throws {Refusal} `signer-refused`
 */
export const parseVaultUrl = (url: string, only?: string): string => {
  const [, host = ''] = /^https:\/\/([a-z0-9.-]+(?::\d{1,5})?)\/?$/.exec(url) ?? []
  if (host === '') throw refuse(url, 'its vault is not of the form https://<vault>')
  checkHost(host, only, url)
  return host
}

/**
 * Parses a key reference.
 *
 * One without a version is refused: after a rotation it would sign with a key that the certificate does not name.
 * @param only the one host that is allowed; Azure's vaults when undefined.
 * @throws {Refusal} `signer-refused`
 */
export const parseKeyVaultReference = (id: string, only?: string): KeyVaultReference => {
  const [, host = '', name = '', version] = form.exec(id) ?? []
  if (host === '') throw refuse(id, 'it is not of the form https://<vault>/keys/<name>/<version>')
  if (version === undefined)
    throw refuse(id, 'it has no version, and after a rotation would name another key')
  checkHost(host, only, id)
  return { id, host, vaultUrl: `https://${host}`, name, version }
}
