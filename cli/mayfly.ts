import { hostname, userInfo } from 'node:os'
import { exemptLoopback } from '../client/proxyFor.ts'
import { catalogue } from '../lib/errors/catalogue.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { anchorsFileOf, anchorStore } from '../lib/authority/trusted/anchorStore.ts'
import type { CommandContext, OptionValues } from './commandLine/command.ts'
import { deploymentFileOf, readDeployment } from '../lib/deployment/deployment.ts'
import { findActor } from './tenant/findActor.ts'
import { exitCodeOf } from './commandLine/exitCodes.ts'
import { asciiJson, shownText } from '../lib/terminal/shownText.ts'
import { openDeploymentTables } from '../lib/deployment/openDeploymentTables.ts'
import { openKeys } from '../lib/deployment/openKeys.ts'
import { ask, writeAside, writeNotice, writeProgress } from '../lib/terminal/writeResult.ts'
import { helpText, parseCommandLine, type ParsedCommand } from './parseCommandLine.ts'
import { tablesClock } from '../lib/deployment/tablesClock.ts'
import { printOutcome, printText } from './commandLine/printOutcome.ts'
import { asTold } from './asTold.ts'

const deploymentName = ({ deployment }: OptionValues): string =>
  typeof deployment === 'string' ? deployment : 'local'

const now = (): Date => new Date()

const contextOf = ({ values, argument }: ParsedCommand, clock = tablesClock(now)): CommandContext => ({
  values,
  argument,
  progress: writeProgress,
  notice: (text) => writeNotice(text, values['json'] === true),
  deployment: () => readDeployment(deploymentName(values)),
  openTables: (deployment) => openDeploymentTables(deployment, clock),
  checkClock: clock.check,
  openKeys,
  openAnchors: () => anchorStore(anchorsFileOf(deploymentFileOf(deploymentName(values)))),
  ask,
  now,
  actor: (deployment) => findActor(deployment, `${userInfo().username}@${hostname()}`),
})

/** What the operating system refuses is told in a line; where a defect of ours is tells its stack. */
const describeFault = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return 'syscall' in error ? error.message : (error.stack ?? error.message)
}

const describe = (error: unknown, asJson: boolean): string => {
  if (!(error instanceof Refusal) && !asJson) return `mayfly: ${describeFault(error)}`
  const { code, status, title, detail } =
    error instanceof Refusal ? error : new Refusal('fault', String(error))
  const { remedy } = catalogue[code]
  if (asJson) return asciiJson({ code, status, title, detail, remedy })
  return `mayfly: ${shownText(detail)}\n  ${code}: ${remedy}`
}

const main = async (args: readonly string[]): Promise<void> => {
  const asJson = args.includes('--json')
  try {
    const parsed = parseCommandLine(args)
    if (parsed.kind === 'help') return await printText(helpText(parsed.command))
    process.exitCode = await printOutcome(await parsed.command.run(contextOf(parsed)), asJson)
  } catch (thrown) {
    const error = asTold(thrown)
    writeAside(`${describe(error, asJson)}\n`)
    process.exitCode = exitCodeOf(error)
  }
}

exemptLoopback(process.env)
await main(process.argv.slice(2))
