import { hostname, userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { catalogue } from '../lib/errors/catalogue.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { openTables } from '../lib/store/tables.ts'
import type { CommandContext, Outcome } from './command.ts'
import { readDeployment } from './deployment.ts'
import { exitCodeOf } from './exitCode.ts'
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

const contextOf = ({ values }: ParsedCommand): CommandContext => ({
  values,
  deployment: () => readDeployment(typeof values['deployment'] === 'string' ? values['deployment'] : 'local'),
  openTables: ({ tables }) =>
    openTables({ kind: 'connectionString', connectionString: tables.connectionString }),
  openKeys,
  ask,
  now: () => new Date(),
  user: `${userInfo().username}@${hostname()}`,
})

const printOutcome = ({ text, json }: Outcome, asJson: boolean): void =>
  console.log(asJson ? JSON.stringify(json, null, 2) : text)

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
    printOutcome(await parsed.command.run(contextOf(parsed)), asJson)
  } catch (error) {
    console.error(describe(error, asJson))
    process.exitCode = exitCodeOf(error)
  }
}

await main(process.argv.slice(2))
