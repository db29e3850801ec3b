import { hostname, userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { pipeline } from 'node:stream/promises'
import { exemptLoopback } from '../client/proxy.ts'
import { catalogue } from '../lib/errors/catalogue.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import type { CommandContext, Outcome, Stream } from './command.ts'
import { readDeployment } from './deployment.ts'
import { findActor } from './findActor.ts'
import { exitCodeOf, exitCodes } from './exitCode.ts'
import { asciiJson } from './ledgerText.ts'
import { openDeploymentTables } from './openDeploymentTables.ts'
import { openKeys } from './openKeys.ts'
import { helpText, parseCommandLine, type ParsedCommand } from './parseCommandLine.ts'

const ask = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim())
  } finally {
    terminal.close()
  }
}

/** A line that the next one replaces. */
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}

/** A line of its own; where a program reads, an object that is no error's. */
const noticeIn =
  (asJson: boolean) =>
  (text: string): void => {
    progress('')
    process.stderr.write(asJson ? `${JSON.stringify({ notice: text })}\n` : `mayfly: ${text}\n`)
  }

const contextOf = ({ values, argument }: ParsedCommand): CommandContext => ({
  values,
  argument,
  progress,
  notice: noticeIn(values['json'] === true),
  deployment: () => readDeployment(typeof values['deployment'] === 'string' ? values['deployment'] : 'local'),
  openTables: openDeploymentTables,
  openKeys,
  ask,
  now: () => new Date(),
  actor: (deployment) => findActor(deployment, `${userInfo().username}@${hostname()}`),
})

/** A reader that has enough, such as `head`, is no fault. */
const isClosedPipe = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EPIPE'

const print = async (outcome: Outcome | Stream, asJson: boolean): Promise<void> => {
  if (!('pieces' in outcome)) {
    process.exitCode = outcome.exitCode ?? exitCodes.ok
    return console.log(asJson ? asciiJson(outcome.json, 2) : outcome.text)
  }
  await pipeline(outcome.pieces, process.stdout, { end: false }).catch((error: unknown) => {
    if (!isClosedPipe(error)) throw error
  })
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
  if (asJson) return JSON.stringify({ code, status, title, detail, remedy })
  return `mayfly: ${detail}\n  ${code}: ${remedy}`
}

const main = async (args: readonly string[]): Promise<void> => {
  const asJson = args.includes('--json')
  try {
    const parsed = parseCommandLine(args)
    if (parsed.kind === 'help') return console.log(helpText(parsed.command))
    await print(await parsed.command.run(contextOf(parsed)), asJson)
  } catch (error) {
    console.error(describe(error, asJson))
    process.exitCode = exitCodeOf(error)
  }
}

exemptLoopback(process.env)
await main(process.argv.slice(2))
