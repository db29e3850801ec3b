import { parseJson, jsonMember } from '../lib/json/parseJson.ts'
import { type ProgramRun, runProgram } from './runProgram.ts'
import { systemProgram } from './systemProgram.ts'

/** A TPM makes the longest RSA keys in half a minute. */
const timeoutMilliseconds = 120_000

/**
 * Makes a whole script for Windows PowerShell 5.1 of what it does. The body finds what it is given in `$given`, and answers an
 * object. No value ever stands in the text: it comes as JSON on standard input, and the answer goes the same way. Both are
 * base64, for Windows reads and writes pipes in a code page of its own. There are no double quotes: they would not survive the command line.
 */
export const powerShellScript = (body: string): string => `
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
try {
  $octets = [Convert]::FromBase64String([Console]::In.ReadToEnd())
  $given = ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString($octets))
  $answer = & {
${body.trim().replaceAll(/^(?=.)/gm, '    ')}
  }
} catch {
  $answer = @{ failed = $_.Exception.Message }
}
$octets = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -Compress -Depth 6 -InputObject $answer))
[Console]::Out.Write([Convert]::ToBase64String($octets))
`

/** What a script or its programs said, in one line that can be shown. */
const shown = (text: string): string =>
  text
    .replaceAll(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, 500)

/**
 * The environment of a script. One that was begun by PowerShell 7 names modules which Windows PowerShell does not load: without
 * the variable it finds its own.
 */
const environmentOf = (environment: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => name.toUpperCase() !== 'PSMODULEPATH'))

const refuse = (why: string, cause?: unknown): Error =>
  new Error(`the answer of PowerShell ${why}`, { cause })

/** Limits of a run: how much of an answer is taken, and what ends it before its time. */
type Limits = Pick<ProgramRun, 'signal' | 'maxOctets'>

/**
 * Runs a script that powerShellScript() made, by Windows PowerShell.
 * @param given what becomes JSON.
 * @returns what it answered.
 * @throws {Error} which says in a part of a sentence how it failed
 */
export const askPowerShell = async (
  script: string,
  given: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  limits: Limits = {},
): Promise<unknown> => {
  const { how, stdout, stderr } = await runProgram({
    program: systemProgram('WindowsPowerShell/v1.0/powershell.exe', environment),
    arguments: ['-NoProfile', '-NonInteractive', '-Command', script],
    environment: environmentOf(environment),
    input: Buffer.from(JSON.stringify(given)).toString('base64'),
    timeoutMilliseconds,
    ...limits,
  })
  if (how !== undefined)
    throw new Error(`PowerShell ${how}: ${shown(stderr.toString()) || 'it says no more'}`)
  const answer = parseJson(Buffer.from(stdout.toString('latin1'), 'base64'), refuse)
  const failed = jsonMember(answer, 'failed')
  if (typeof failed === 'string') throw new Error(shown(failed) || 'it does not say why')
  return answer
}
