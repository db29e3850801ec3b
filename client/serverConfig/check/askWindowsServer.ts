import { jsonMember, parseJson } from '../../../lib/json/parseJson.ts'
import { runProgram } from '../../runProgram.ts'
import { systemProgram } from '../../systemProgram.ts'
import type { Fault } from './rule.ts'

const timeoutMilliseconds = 120_000

const failed = (script: string, why: string): readonly Fault[] => [
  {
    finding: `Windows could not be asked: ${script} ${why}`,
    why: 'stores, registry and settings of this server were not looked at.',
    remedy: 'Run it by hand, as administrator.',
  },
]

const faultOf = (value: unknown): Fault => ({
  finding: String(jsonMember(value, 'finding')),
  why: String(jsonMember(value, 'why')),
  remedy: String(jsonMember(value, 'remedy')),
})

/**
 * Has Test-Server.ps1 look at the Windows that this runs on. It changes nothing.
 * @returns what is wrong; or, in its place, that the script could not tell.
 */
export const askWindowsServer = async (
  script: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Fault[]> => {
  const { how, stdout, stderr } = await runProgram({
    program: systemProgram('WindowsPowerShell/v1.0/powershell.exe', environment),
    arguments: ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', script, '-Json'],
    environment,
    timeoutMilliseconds,
  })
  const said = stderr
    .toString()
    .replaceAll(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, 500)
  if (how !== undefined) return failed(script, `${how} ${said}`.trim())
  try {
    const octets = Buffer.from(stdout.toString('latin1'), 'base64')
    const faults = jsonMember(
      parseJson(octets, (why) => new Error(why)),
      'faults',
    )
    return Array.isArray(faults) ? faults.map(faultOf) : failed(script, 'answers nothing of faults')
  } catch {
    return failed(script, 'answers something else')
  }
}
