import { runProgram } from '../runProgram.ts'
import type { AgentWorld } from './agentWorld.ts'
import { checkUnshared } from '../checkUnshared.ts'
import { hookProgram } from './hookProgram.ts'

/** What a hook is told, by the names of its environment: never a token, a key or a secret. */
export type HookFacts = Readonly<Record<`MAYFLY_${string}`, string>>

/** A hook that is to run. */
export interface Hook {
  /** The path of an executable, on Windows also of a script for PowerShell; no shell reads it. */
  readonly file: string
  readonly facts: HookFacts
  /** Whose it is, in events. */
  readonly subject: string
}

const timeoutMilliseconds = 60_000

/** Of what a hook wrote: how it began, and how it ended, where programs tell what went wrong. */
const most = { first: 500, last: 1_500 } as const

/** What a hook wrote, for the log: bounded, in one line. */
const shown = (...outputs: readonly Buffer[]): string => {
  const text = Buffer.concat(outputs)
    .toString('utf8')
    .replaceAll(/\p{C}+/gu, ' ')
    .trim()
  if (text.length <= most.first + most.last) return text
  return `${text.slice(0, most.first)} [...] ${text.slice(-most.last)}`
}

/** What programs say where the unit of the agent keeps them from writing, whose words do not tell what to do. */
const confined = (output: string): string =>
  /read-only file system|EROFS/i.test(output)
    ? ' A service writes to folders that its unit names: add those of the hook by ReadWritePaths= in `systemctl edit mayfly-agent`.'
    : ''

/** The environment of the agent without what configures it, which may tell of secrets, and with the facts. */
const environmentOf = ({ environment }: AgentWorld, facts: HookFacts) => ({
  ...Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.toUpperCase().startsWith('MAYFLY_')),
  ),
  ...facts,
})

/**
 * Runs a hook, for a minute at the most.
 * @returns why it failed; undefined when it did not. Either is reported, with what it wrote.
 * @throws {Refusal} `path-shared` for one that others could have written
 */
export const runHook = async (
  { file, facts, subject }: Hook,
  world: AgentWorld,
  signal: AbortSignal,
): Promise<string | undefined> => {
  await checkUnshared(file, 'the hook')
  const begun = world.clock()
  const environment = environmentOf(world, facts)
  const { how, stdout, stderr } = await runProgram({
    ...hookProgram(file, environment),
    environment,
    timeoutMilliseconds,
    signal,
  })
  const output = shown(stdout, stderr)
  const told = { hook: file, output, milliseconds: Math.round(world.clock() - begun) }
  world.report(
    how === undefined
      ? { kind: 'hook-ran', level: 'info', subject, text: `The hook ${file} succeeded.`, facts: told }
      : {
          kind: 'hook-failed',
          // One that ends with the agent did nothing wrong.
          level: signal.aborted ? 'info' : 'error',
          subject,
          text: `The hook ${file} ${how}; it is run again at the next look.${confined(output)}`,
          facts: told,
        },
  )
  return how
}
