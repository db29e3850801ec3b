import { ensuredAlready, ensureOptions } from './agent/ensuredAlready.ts'
import { readOptions } from './commandLine/option.ts'
import { readGiven } from './commandLine/parseCommandLine.ts'
import { printOutcome } from './commandLine/printOutcome.ts'
import type { Machine } from './runCommandLine.ts'

const ensure = { name: 'agent ensure', options: ensureOptions }

/** What `agent ensure` finds where there is nothing to do, as the command itself finds it. */
const find = async (args: readonly string[], { variables, now }: Machine) => {
  const given = readGiven(ensure, args, { variables, now: now() })
  const outcome = given && (await ensuredAlready(readOptions(ensureOptions, given.words), now))
  return outcome && { ...given, outcome }
}

/**
 * Runs the one command that is run before each connection, where it finds nothing to do, by a small part of the program.
 * @returns the exit code; undefined where it takes the whole program, which then is run as if nothing had been.
 * @throws {Refusal} `output-lost`
 */
export const runQuickly = async (args: readonly string[], machine: Machine): Promise<number | undefined> => {
  const [first, second, ...rest] = args
  if (`${first} ${second}` !== ensure.name) return undefined
  // What is wrong, the whole program tells.
  const found = await find(rest, machine).catch(() => undefined)
  if (!found) return undefined
  const { asJson, chosen, outcome } = found
  if (chosen !== '') machine.terminal.writeNotice(`with ${chosen}`, asJson)
  return printOutcome(outcome, asJson, machine.terminal)
}
