import { mkdir, rm, writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { Refusal } from '../../../../lib/errors/refusal.ts'
import { notApplied, type ProfilePlace } from '../../profilePlace.ts'
import { besideProfileXml } from '../besideProfileXml.ts'
import { profileXml } from '../profileXml.ts'
import { profileXmlDifferences } from '../profileXmlDifferences.ts'
import { askScript, type WindowsEnvironment } from './askScript.ts'
import { besideDifferences, scriptBeside } from './besideDifferences.ts'
import type { ScriptRequest } from './scriptRequest.ts'
import { applyRequest, besideOf, besideSchema, checkedForm, windowsForm, xmlOf } from './windowsForm.ts'

const listed = z.object({
  profiles: z.array(z.object({ name: z.string(), xml: z.string(), beside: besideSchema })),
})
const done = z.object({ left: z.string() })
const state = z.object({ state: z.enum(['up', 'down', 'unknown']) })

/** The contract has five seconds: by then a run that was told to stop has come to its end, or is killed. */
const graceMilliseconds = 4_000

/** Where the script keeps what is under way, which only administrators can write to. */
const folderOf = (environment: WindowsEnvironment): string =>
  join(
    environment['ProgramW6432'] ?? environment['ProgramFiles'] ?? String.raw`C:\Program Files`,
    'Mayfly',
    'profiles',
  )

const stop = 'stop'

/**
 * Has a run come to its end once a signal aborts: it stops before it touches the old profile, or completes; only then it is
 * killed, and the next run mends what it left.
 */
const withGrace = async <T>(
  environment: WindowsEnvironment,
  signal: AbortSignal,
  work: (killed: AbortSignal) => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted()
  const folder = folderOf(environment)
  const file = join(folder, stop)
  await mkdir(folder, { recursive: true })
  await rm(file, { force: true })
  const killed = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const abort = () => {
    timer = setTimeout(() => killed.abort(), graceMilliseconds)
    void writeFile(file, '').catch(() => killed.abort())
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await work(killed.signal)
  } finally {
    signal.removeEventListener('abort', abort)
    clearTimeout(timer)
    await rm(file, { force: true })
  }
}

const why = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Profiles of this Windows that are there for all of its users, by PowerShell. Whoever asks is the system. */
export const windowsPlace = (
  environment: WindowsEnvironment,
  platform: 'windows' | 'windows-entra' = 'windows',
  interfaces: () => object = networkInterfaces,
): ProfilePlace => {
  const ask = <T>(request: ScriptRequest, schema: z.ZodType<T>, signal: AbortSignal) =>
    askScript(request, schema, { environment, signal })
  return {
    platform,
    nameOf: (_, { name }) => name,
    make: (profile, tunnel, routed) =>
      checkedForm(
        tunnel.name,
        profileXml(profile, tunnel, routed, { isEntra: platform === 'windows-entra' }),
        scriptBeside(besideProfileXml(tunnel)),
      ),
    async installed(signal, isLook = false) {
      try {
        const { profiles } = await ask({ action: isLook ? 'look' : 'list' }, listed, signal)
        return profiles.map((one) => windowsForm(one.name, one.xml, one.beside))
      } catch (error) {
        throw new Refusal('profile-not-applied', `Cannot read the profiles of Windows: ${why(error)}.`)
      }
    },
    differences: (wanted, installed) => [
      ...profileXmlDifferences(xmlOf(wanted), xmlOf(installed)),
      ...besideDifferences(besideOf(wanted), besideOf(installed)),
    ],
    async state(name, signal) {
      // While a tunnel has addresses its interface bears its name: PowerShell is not begun every few seconds for that.
      if (Object.hasOwn(interfaces(), name)) return 'up'
      return (
        await ask({ action: 'state', name }, state, signal).catch(() => ({ state: 'unknown' as const }))
      ).state
    },
    async apply(wanted, _installed, signal) {
      const request = { ...applyRequest(wanted), stop }
      try {
        await withGrace(environment, signal, (killed) => ask(request, done, killed))
      } catch (error) {
        throw notApplied(wanted.name, why(error))
      }
    },
    async remove({ name }, signal) {
      try {
        await ask({ action: 'remove', name }, done, signal)
      } catch (error) {
        throw notApplied(name, why(error))
      }
    },
  }
}
