import { jsonMember } from '../../lib/json/parseJson.ts'
import { askPowerShell, powerShellScript } from '../askPowerShell.ts'
import { runProgram } from '../runProgram.ts'
import type { Environment } from './printedToken.ts'

/** A store of secrets that a platform has, reached by the platform's own program. No secret is among its arguments. */
export interface SecretTool {
  /** Names it to people. */
  readonly kind: 'secret-service' | 'keychain' | 'dpapi'
  /** Keeps a secret under a name. @returns what a file must hold in its place; undefined where the store holds all. */
  keep(name: string, secret: string): Promise<string | undefined>
  /** @param stored what the file holds. @returns undefined where there is none. */
  find(name: string, stored: string | undefined): Promise<string | undefined>
  remove(name: string): Promise<void>
}

/** Somebody may have to unlock the store first. */
const timeoutMilliseconds = 60_000

interface Run {
  readonly words: readonly string[]
  readonly input?: string
}

/** Runs a program of the platform. @returns what it printed. @throws {Error} which says how it ended, and nothing that it wrote */
const runTool = async (program: string, { words, input }: Run, environment: Environment): Promise<string> => {
  const { how, stdout } = await runProgram({
    program,
    arguments: words,
    environment,
    ...(input === undefined ? {} : { input }),
    timeoutMilliseconds,
  })
  if (how !== undefined) throw new Error(`${program} ${how}`)
  return stdout.toString('utf8')
}

const service = 'mayfly'

const key = (name: string): readonly string[] => ['service', service, 'account', name]

/** The Secret Service of Linux desktops, by libsecret's program. */
const secretService = (environment: Environment): SecretTool => {
  const run = (words: readonly string[], input?: string) =>
    runTool('secret-tool', { words, ...(input === undefined ? {} : { input }) }, environment)
  return {
    kind: 'secret-service',
    async keep(name, secret) {
      await run(['store', '--label=Mayfly sign-in', ...key(name)], secret)
      return undefined
    },
    find: (name) =>
      run(['lookup', ...key(name)]).then(
        (found) => found.trim() || undefined,
        () => undefined,
      ),
    remove: async (name) => void (await run(['clear', ...key(name)])),
  }
}

/** `security -i` reads lines of 4,096 octets at the most. */
const partLength = 2_000

/** More than any sign-in has: a keychain that never says no is none. */
const mostParts = 50

/** The keychain of macOS. What is written goes by standard input, for arguments are shown by `ps`. */
const keychain = (environment: Environment): SecretTool => {
  const run = (words: readonly string[], input?: string) =>
    runTool('security', { words, ...(input === undefined ? {} : { input }) }, environment)
  const partOf = (name: string, part: number) =>
    run(['find-generic-password', '-s', service, '-a', `${name}.${part}`, '-w']).then(
      (found) => found.trim() || undefined,
      () => undefined,
    )
  const remove = async (name: string, from: number): Promise<void> => {
    for (let part = from; part < mostParts && (await partOf(name, part)) !== undefined; part++)
      await run(['delete-generic-password', '-s', service, '-a', `${name}.${part}`])
  }
  return {
    kind: 'keychain',
    async keep(name, secret) {
      const text = Buffer.from(secret).toString('base64url')
      const parts = text.match(new RegExp(`.{1,${partLength}}`, 'g')) ?? []
      const lines = parts.map(
        (part, index) => `add-generic-password -U -s ${service} -a ${name}.${index} -w ${part}\n`,
      )
      await run(['-i'], lines.join(''))
      await remove(name, parts.length)
      return undefined
    },
    async find(name) {
      const parts: string[] = []
      for (let part: string | undefined; (part = await partOf(name, parts.length)) !== undefined;)
        parts.push(part)
      return parts.length === 0 ? undefined : Buffer.from(parts.join(''), 'base64url').toString('utf8')
    },
    remove: (name) => remove(name, 0),
  }
}

/** What protects octets, and what gives them back, by the key of the user. */
export const dpapiScripts = {
  protect: powerShellScript(`
Add-Type -AssemblyName System.Security
$octets = [Convert]::FromBase64String($given.octets)
@{ octets = [Convert]::ToBase64String([Security.Cryptography.ProtectedData]::Protect($octets, $null, 'CurrentUser')) }`),
  unprotect: powerShellScript(`
Add-Type -AssemblyName System.Security
$octets = [Convert]::FromBase64String($given.octets)
@{ octets = [Convert]::ToBase64String([Security.Cryptography.ProtectedData]::Unprotect($octets, $null, 'CurrentUser')) }`),
} as const

/** The Data Protection API of Windows: the file holds what the user's own key protects. */
const dpapi = (environment: Environment): SecretTool => {
  const run = async (method: keyof typeof dpapiScripts, octets: string): Promise<string> => {
    const made = jsonMember(await askPowerShell(dpapiScripts[method], { octets }, environment), 'octets')
    if (typeof made === 'string') return made
    throw new Error('PowerShell answered no octets')
  }
  return {
    kind: 'dpapi',
    keep: (_, secret) => run('protect', Buffer.from(secret).toString('base64')),
    async find(_, stored) {
      if (stored === undefined) return undefined
      return run('unprotect', stored).then(
        (found) => Buffer.from(found, 'base64').toString('utf8'),
        () => undefined,
      )
    },
    remove: async () => undefined,
  }
}

/** The store of a platform. */
export const secretToolOf = (platform: NodeJS.Platform, environment: Environment): SecretTool => {
  if (platform === 'darwin') return keychain(environment)
  return platform === 'win32' ? dpapi(environment) : secretService(environment)
}
