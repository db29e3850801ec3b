import { spawn } from 'node:child_process'
import { systemProgram } from '../systemProgram.ts'
import type { SignInWorld } from './signInWorld.ts'

type Surroundings = Pick<SignInWorld, 'environment' | 'platform'>

/** Some of them run for as long as the browser does. */
const patienceMilliseconds = 3_000

/** The program that opens what it is given as the user would; undefined where no browser could show. */
const openerOf = ({ environment, platform }: Surroundings): readonly [string, ...string[]] | undefined => {
  if (platform === 'darwin') return ['open']
  // rundll32 reads no shell's characters: an & stays one.
  if (platform === 'win32') return [systemProgram('rundll32.exe', environment), 'url.dll,FileProtocolHandler']
  const screens = ['DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER']
  return screens.some((name) => (environment[name] ?? '') !== '') ? ['xdg-open'] : undefined
}

/**
 * Opens a URL in the browser of whoever sits here, without a shell.
 * @returns false where there is none.
 */
export const openBrowser = async (url: URL, { environment, platform }: Surroundings): Promise<boolean> => {
  const [program, ...words] = openerOf({ environment, platform }) ?? []
  if (program === undefined) return false
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const opener = spawn(program, [...words, url.href], {
    env: environment,
    stdio: 'ignore',
    detached: true,
    windowsHide: true,
  })
  const timer = setTimeout(() => resolve(true), patienceMilliseconds)
  opener.once('error', () => resolve(false))
  opener.once('exit', (code) => resolve(code === 0))
  opener.unref()
  return promise.finally(() => clearTimeout(timer))
}
