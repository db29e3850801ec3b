import { dirname, resolve } from 'node:path'
import { parse } from 'smol-toml'
import { readConfigurationText } from './readConfigurationText.ts'
import type { Origin } from './whyAnother.ts'

type Table = Readonly<Record<string, unknown>>

/** A folder with a credential, and where its certificate is to come from. */
export interface ConfiguredCredential extends Origin {
  readonly folder: string
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** The credential of a table, unless its key is elsewhere; what it does not say stands at the top. */
const credentialOf = (credential: unknown, top: Table): ConfiguredCredential | undefined => {
  const own = (credential ?? {}) as Table
  const folder = textOf(own.folder)
  if (folder === undefined || (own.store ?? 'folder') !== 'folder') return undefined
  return { folder, tenant: textOf(own.tenant ?? top.tenant), url: textOf(own.url ?? top.url) }
}

/** Parses TOML; undefined for what is none, which whoever reads all of the file tells. */
const parsed = (text: string): Table | undefined => {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

/**
 * Reads in which folders a mayfly.toml keeps its credentials, and of which tenants, and looks at nothing else in it: that takes
 * little time.
 * @returns undefined where that alone does not tell where all of them are.
 * @throws {Refusal} `path-shared`, `configuration-invalid`
 */
export const configuredCredentials = async (
  file: string,
): Promise<readonly ConfiguredCredential[] | undefined> => {
  const top = parsed(await readConfigurationText(file)) ?? {}
  const { credentials } = top
  if (!Array.isArray(credentials) || credentials.length === 0) return undefined
  const found = credentials.map((one) => credentialOf(one, top)).filter((one) => one !== undefined)
  if (found.length !== credentials.length) return undefined
  return found.map((one) => ({ ...one, folder: resolve(dirname(resolve(file)), one.folder) }))
}
