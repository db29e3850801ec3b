import { dirname, resolve } from 'node:path'
import { parse } from 'smol-toml'
import { readConfigurationText } from './readConfigurationText.ts'

/** The folder of a credential, unless its key is elsewhere. */
const folderOf = (credential: unknown): string | undefined => {
  const { folder, store = 'folder' } = (credential ?? {}) as {
    readonly folder?: unknown
    readonly store?: unknown
  }
  return typeof folder === 'string' && folder !== '' && store === 'folder' ? folder : undefined
}

/** Parses TOML; undefined for what is none, which whoever reads all of the file tells. */
const parsed = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

/**
 * Reads in which folders a mayfly.toml keeps its credentials, and looks at nothing else in it: that takes little time.
 * @returns undefined where that alone does not tell where all of them are.
 * @throws {Refusal} `path-shared`, `configuration-invalid`
 */
export const configuredFolders = async (file: string): Promise<readonly string[] | undefined> => {
  const { credentials } = parsed(await readConfigurationText(file)) ?? {}
  if (!Array.isArray(credentials) || credentials.length === 0) return undefined
  const folders = credentials.map(folderOf).filter((folder) => folder !== undefined)
  if (folders.length !== credentials.length) return undefined
  return folders.map((folder) => resolve(dirname(resolve(file)), folder))
}
