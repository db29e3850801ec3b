import * as z from 'zod'
import { askPowerShell, powerShellScript } from '../../../askPowerShell.ts'
import { profileScript } from './profileScript.ts'
import type { ScriptRequest } from './scriptRequest.ts'

/** More than 200 profiles with 200 routes each. */
const maxOctets = 16 * 1024 * 1024

/** The script comes on standard input too: it is longer than a command line of Windows, and on a disk somebody could change it. */
const runner = powerShellScript('& ([scriptblock]::Create($given.script)) -Request $given.request')

const parsed = <T>(schema: z.ZodType<T>, answer: unknown): T => {
  const { success, data } = schema.safeParse(answer)
  if (success) return data
  throw new Error('PowerShell answers something else than was asked')
}

/** The environment of this process, which tells where Windows is. */
export type WindowsEnvironment = Readonly<Record<string, string | undefined>>

/** Has Windows PowerShell do what a request says. @throws {Error} which says in a part of a sentence why not */
export const askScript = async <T>(
  request: ScriptRequest,
  schema: z.ZodType<T>,
  { environment, signal }: { readonly environment: WindowsEnvironment; readonly signal: AbortSignal },
): Promise<T> =>
  parsed(
    schema,
    await askPowerShell(runner, { script: profileScript(), request }, environment, { signal, maxOctets }),
  )

const gateway = z.object({ ipv6: z.boolean().nullable() })

/** Tells whether this Windows has a gateway of IPv6 that is not a tunnel's; undefined where it has no gateway at all, or cannot tell. */
export const ipv6GatewayOfWindows = async (
  environment: WindowsEnvironment,
  signal: AbortSignal,
): Promise<boolean | undefined> => {
  const told = askScript({ action: 'gateway' }, gateway, { environment, signal })
  return (await told.catch(() => ({ ipv6: null }))).ipv6 ?? undefined
}
