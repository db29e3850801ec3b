import { hostname, userInfo } from 'node:os'
import { exemptLoopback } from '../client/proxy.ts'
import { catalogue } from '../lib/errors/catalogue.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { anchorsFileOf, anchorStore } from './anchorStore.ts'
import type { CommandContext, OptionValues, Outcome, Stream, Undo } from './command.ts'
import { deploymentFileOf, readDeployment } from './deployment.ts'
import { findActor } from './findActor.ts'
import { exitCodeOf, exitCodes } from './exitCode.ts'
import { asciiJson, shownText } from './ledgerText.ts'
import { openDeploymentTables } from './openDeploymentTables.ts'
import { openKeys } from './openKeys.ts'
import { ask, isResultLost, writeAside, writeNotice, writeProgress, writeResult } from './output.ts'
import { helpText, parseCommandLine, type ParsedCommand } from './parseCommandLine.ts'
import { tablesClock } from './tablesClock.ts'
import { asTold } from './untrustedServer.ts'

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

/** The refusal of a command whose result did not arrive: what it did is taken back where it is worth nothing without. */
const unwritten = async (why: string, undo?: Undo): Promise<Refusal> => {
  const detail = `Cannot write the result: ${why}.`
  if (!undo) return new Refusal('output-lost', detail)
  return undo.run().then(
    () => new Refusal('output-lost', `${detail} ${undo.done}`),
    (cause: unknown) => new Refusal('output-lost', `${detail} ${undo.failed}`, { cause }),
  )
}

/**
 * Writes a result, or a piece of one.
 * @returns false when its reader has enough, as `head` does: no fault, but where the result is needed.
 * @throws {Refusal} `output-lost`
 */
const write = async (text: string, undo?: Undo): Promise<boolean> => {
  if (undo && isResultLost()) throw await unwritten('standard output leads nowhere', undo)
  try {
    await writeResult(text)
    return true
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EPIPE' && !undo) return false
    throw await unwritten(code ?? message, undo)
  }
}

const printPieces = async ({ pieces }: Stream): Promise<void> => {
  for await (const piece of pieces) if (!(await write(piece))) return
}

const print = async (outcome: Outcome | Stream, asJson: boolean): Promise<void> => {
  if ('pieces' in outcome) return printPieces(outcome)
  process.exitCode = outcome.exitCode ?? exitCodes.ok
  await write(`${asJson ? asciiJson(outcome.json, 2) : outcome.text}\n`, outcome.undo)
}

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
    if (parsed.kind === 'help') return void (await write(`${helpText(parsed.command)}\n`))
    await print(await parsed.command.run(contextOf(parsed)), asJson)
  } catch (thrown) {
    const error = asTold(thrown)
    writeAside(`${describe(error, asJson)}\n`)
    process.exitCode = exitCodeOf(error)
  }
}

exemptLoopback(process.env)
await main(process.argv.slice(2))
