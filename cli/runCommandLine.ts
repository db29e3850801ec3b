import { setTimeout as sleep } from 'node:timers/promises'
import { hostname, userInfo } from 'node:os'
import project from '../package.json' with { type: 'json' }
import { certificateFaults } from '../client/unreachable.ts'
import { AlteredRow } from '../lib/authority/generation.ts'
import { anchorsFileOf, anchorStore } from '../lib/authority/trusted/anchorStore.ts'
import { deploymentFileOf, readDeployment } from '../lib/deployment/deployment.ts'
import { openDeploymentTables } from '../lib/deployment/openDeploymentTables.ts'
import { openKeys } from '../lib/deployment/openKeys.ts'
import { tablesClock } from '../lib/deployment/tablesClock.ts'
import { catalogue } from '../lib/errors/catalogue.ts'
import { type FailedSetting, Refusal } from '../lib/errors/refusal.ts'
import { asciiJson, shownText } from '../lib/terminal/shownText.ts'
import type * as terminal from '../lib/terminal/writeResult.ts'
import type { CommandContext } from './commandLine/command.ts'
import { exitCodeOf, exitCodes } from './commandLine/exitCodes.ts'
import { type ParsedCommand, parseCommandLine } from './commandLine/parseCommandLine.ts'
import { printOutcome, printText } from './commandLine/printOutcome.ts'
import { waitingTold } from './commandLine/waitingTold.ts'
import { commands } from './commands.ts'
import { findActor } from './tenant/findActor.ts'

/** The machine that a command runs on. */
export interface Machine {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
  readonly terminal: typeof terminal
}

const contextOf = (
  { argument, asJson, deployment: name }: ParsedCommand,
  { now, terminal: { ask, writeNotice, writeProgress } }: Machine,
): CommandContext => {
  const clock = tablesClock(now)
  const deploymentFile = deploymentFileOf(name)
  return {
    argument,
    asJson,
    deploymentFile,
    progress: writeProgress,
    waiting: waitingTold(writeProgress),
    notice: (text) => writeNotice(text, asJson),
    deployment: () => readDeployment(name),
    openTables: (deployment) => openDeploymentTables(deployment, clock),
    checkClock: clock.check,
    openKeys,
    openAnchors: () => anchorStore(anchorsFileOf(deploymentFile)),
    ask,
    now,
    wait: (milliseconds) => sleep(milliseconds),
    actor: (deployment) => findActor(deployment, `${userInfo().username}@${hostname()}`),
  }
}

/**
 * Tells what a command threw as what it is: a row that cannot be read is no defect of the CLI, and a server that is not
 * trusted from here, such as behind a proxy that inspects TLS, is no outage that passes.
 */
export const asTold = (error: unknown): unknown => {
  if (error instanceof AlteredRow)
    return new Refusal('authority-altered', `Cannot rely on the tables: ${error.message}`, { cause: error })
  if (!(error instanceof Refusal) || error.status !== 503) return error
  const { cause } = error.options
  const { code = '' } = (cause ?? {}) as NodeJS.ErrnoException
  const fault = certificateFaults[code]
  if (fault === undefined) return error
  const detail = `${error.detail} The server cannot be trusted: ${fault} (${code}).`
  return new Refusal('service-untrusted', detail, { cause })
}

/** Tells in a line what the operating system refuses; where a defect of ours is tells its stack. */
const describeFault = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return 'syscall' in error ? error.message : (error.stack ?? error.message)
}

/** Tells of a setting of a compliance policy, and what to do about it, in a line. */
const settingLine = ({ policy, setting, wanted, actual, remedy }: FailedSetting): string =>
  `  ${setting} (policy "${policy}") wants ${wanted}, and finds ${actual}: ${remedy}`

const describe = (error: unknown, asJson: boolean): string => {
  if (!(error instanceof Refusal) && !asJson) return `mayfly: ${describeFault(error)}`
  const refusal = error instanceof Refusal ? error : new Refusal('fault', String(error))
  const { code, status, title, detail, options } = refusal
  const { remedy } = catalogue[code]
  const settings = options.failed?.settings
  if (asJson) return asciiJson({ code, status, title, detail, remedy, ...(settings ? { settings } : {}) })
  const lines = [`mayfly: ${detail}`, ...(settings ?? []).map(settingLine), `  ${code}: ${remedy}`]
  return lines.map(shownText).join('\n')
}

const run = async (args: readonly string[], machine: Machine): Promise<number> => {
  const { variables, now, terminal } = machine
  const answer = async (text: string): Promise<number> => {
    await printText(text, terminal)
    return exitCodes.ok
  }
  if (args[0] === '--version') return answer(`mayfly ${project.version}`)
  const parsed = parseCommandLine(args, { commands, variables, now: now() })
  if (parsed.kind === 'help') return answer(parsed.text)
  const context = contextOf(parsed, machine)
  // Whoever is asked, or reads a plan, sees first what they did not say themselves.
  if (parsed.chosen !== '') context.notice(`with ${parsed.chosen}`)
  return printOutcome(await parsed.run(context), parsed.asJson, terminal)
}

/** Runs the words after `mayfly`, and prints what comes of them. @returns the exit code. */
export const runCommandLine = async (args: readonly string[], machine: Machine): Promise<number> => {
  try {
    return await run(args, machine)
  } catch (thrown) {
    const error = asTold(thrown)
    machine.terminal.writeAside(`${describe(error, args.includes('--json'))}\n`)
    return exitCodeOf(error)
  }
}
