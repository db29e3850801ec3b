import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pkcs11Place } from '../../../client/credential/pkcs11Token.ts'
import type { KeyMachine } from '../../../client/credential/privateFolder.ts'

const module = '/usr/lib/softhsm/libsofthsm2.so'

/** Whether there is SoftHSM, a PKCS#11 token that is a program, and pkcs11-tool. */
export const hasSoftToken =
  existsSync(module) && spawnSync('sh', ['-c', 'command -v pkcs11-tool softhsm2-util']).status === 0

/** A token that is a program, and pkcs11-tool, which notes what it is called with. */
export interface SoftToken {
  readonly place: Pkcs11Place
  readonly machine: KeyMachine
  readonly pin: string
  /** The labels of all keys that are on it, sorted. */
  readonly labels: () => readonly string[]
  /** Runs pkcs11-tool with the token's user logged in. */
  readonly run: (...words: readonly string[]) => string
  /** All arguments that pkcs11-tool had so far, a line each time. */
  readonly calls: () => Promise<readonly string[]>
}

/** Makes a token in a folder. */
export const softToken = async (folder: string): Promise<SoftToken> => {
  const [tokens, conf, log, bin] = ['tokens', 'softhsm2.conf', 'calls', 'bin'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  const pin = 'grüne-Katze-4711'
  const place = { module, token: 'Token für ada', pinFile: join(folder, 'PIN für ada') }
  for (const made of [tokens, bin]) await mkdir(made)
  await writeFile(conf, `directories.tokendir = ${tokens}\n`)
  await writeFile(place.pinFile, pin, { mode: 0o600 })
  await writeFile(log, '')
  const real = spawnSync('sh', ['-c', 'command -v pkcs11-tool'], { encoding: 'utf8' }).stdout.trim()
  await writeFile(join(bin, 'pkcs11-tool'), `#!/bin/sh\necho "$*" >>'${log}'\nexec ${real} "$@"\n`)
  await chmod(join(bin, 'pkcs11-tool'), 0o755)
  const environment = { ...process.env, SOFTHSM2_CONF: conf, PATH: `${bin}:${process.env['PATH']}` }
  const program = (name: string, words: readonly string[]): string => {
    const env = { ...environment, PIN: pin }
    const { status, stdout, stderr } = spawnSync(name, words, { env, encoding: 'utf8' })
    if (status === 0) return stdout
    throw new Error(`${name} ${words.join(' ')} ended with ${status}: ${stdout}${stderr}`)
  }
  program('softhsm2-util', ['--init-token', '--free', '--label', place.token, '--pin', pin, '--so-pin', pin])
  const login = ['--module', module, '--token-label', place.token, '--login', '--pin', 'env:PIN']
  const run = (...words: readonly string[]) => program(real, [...login, ...words])
  return {
    place,
    machine: { platform: 'linux', environment },
    pin,
    labels: () =>
      [...run('-O', '--type', 'privkey').matchAll(/^ *label: *(.*)$/gm)]
        .map(([, label = '']) => label)
        .sort(),
    run,
    calls: async () => (await readFile(log, 'utf8')).trimEnd().split('\n'),
  }
}
