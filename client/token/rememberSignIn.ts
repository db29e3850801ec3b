import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { jsonMember, parseJson } from '../../lib/json/parseJson.ts'
import { readSecretFile } from '../../lib/x509/readSecretFile.ts'
import { privateFolder } from '../credential/privateFolder.ts'
import type { Keeping } from './keepSignIn.ts'
import { type SecretTool, secretToolOf } from './secretTool.ts'
import type { SignInWorld } from './signInWorld.ts'
import type { EntraSettings, OidcSettings } from './tokenSettings.ts'

/** What the file beside the credential holds. */
interface Stored {
  /** For which sign-in it is. */
  readonly name: string
  readonly protectedBy: SecretTool['kind'] | 'nothing'
  /** Left out where the platform's store holds it. */
  readonly value?: string | undefined
}

const refuse = (file: string) => (why: string, cause?: unknown) =>
  new Refusal('key-file-refused', `Cannot use the remembered sign-in ${file}: ${why}.`, { cause })

const kinds = new Set<unknown>(['secret-service', 'keychain', 'dpapi', 'nothing'])

const readStored = async (file: string): Promise<Stored | undefined> => {
  const octets = await readSecretFile(file, refuse(file))
  if (!octets) return undefined
  const document = parseJson(octets, refuse(file))
  const [name, kind, value] = ['name', 'protectedBy', 'value'].map((member) => jsonMember(document, member))
  if (typeof name !== 'string' || !kinds.has(kind)) throw refuse(file)('it is none; remove it')
  return {
    name,
    protectedBy: kind as Stored['protectedBy'],
    value: typeof value === 'string' ? value : undefined,
  }
}

/** The same sign-in has the same name: of a client at a provider, for the credential of one folder. */
const nameOf = (settings: OidcSettings | EntraSettings, folder: string): string => {
  const provider = settings.kind === 'oidc' ? settings.issuer : settings.tenant
  const parts = [settings.kind, provider, settings.clientId, ...settings.scopes, resolve(folder)]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

/**
 * Keeps a sign-in beyond the program: by the platform's own store, else in a file that its owner alone can read, of which
 * they are warned. What a store kept is read back: one that loses it is none.
 */
export const rememberSignIn = (
  settings: OidcSettings | EntraSettings,
  world: SignInWorld & { readonly folder: string },
): Keeping => {
  const { folder, platform, environment, tell } = world
  const file = join(folder, 'sign-in.json')
  const name = nameOf(settings, folder)
  let wasWarned = false
  const warn = (text: string): void => {
    if (!wasWarned) tell(`Warning: ${text}`)
    wasWarned = true
  }
  const tool = secretToolOf(platform, environment)
  const put = async (stored: Stored): Promise<void> => {
    await privateFolder(folder, { platform, environment })
    await replaceFile(file, `${JSON.stringify(stored)}\n`, 0o600)
  }
  const kept = async (secret: string): Promise<Stored | undefined> => {
    try {
      const value = await tool.keep(name, secret)
      return (await tool.find(name, value)) === secret ? { name, protectedBy: tool.kind, value } : undefined
    } catch {
      return undefined
    }
  }
  return {
    async read() {
      const stored = await readStored(file)
      if (stored?.name !== name) return undefined
      return stored.protectedBy === 'nothing' ? stored.value : tool.find(name, stored.value)
    },
    async write(secret) {
      const stored = await kept(secret)
      if (stored) return put(stored)
      // A mode means nothing there.
      if (platform === 'win32')
        return warn('the sign-in is not remembered, for Windows does not protect it (DPAPI).')
      warn(`the sign-in is remembered in ${file} without protection but its mode, 0600.`)
      return put({ name, protectedBy: 'nothing', value: secret })
    },
    async forget() {
      await rm(file, { force: true })
      await tool.remove(name).catch(() => undefined)
    },
  }
}
