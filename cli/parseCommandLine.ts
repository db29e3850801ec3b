import { parseArgs } from 'node:util'
import { Refusal } from '../lib/errors/refusal.ts'
import type { Command, OptionValues } from './command.ts'
import { authorityConfirm } from './commands/authorityConfirm.ts'
import { authorityExport } from './commands/authorityExport.ts'
import { authorityInit } from './commands/authorityInit.ts'
import {
  authorityActivate,
  authorityDeactivate,
  authorityRetire,
  authorityTaint,
} from './commands/authorityMove.ts'
import { authorityRepublish } from './commands/authorityRepublish.ts'
import { authorityStageIssuer } from './commands/authorityStageIssuer.ts'
import { authorityStageRoot } from './commands/authorityStageRoot.ts'
import { authorityStatus } from './commands/authorityStatus.ts'
import { demoToken } from './commands/demoToken.ts'
import { denyDevice, denyKey, denyUser } from './commands/deny.ts'
import { denyLift } from './commands/denyLift.ts'
import { denyList } from './commands/denyList.ts'
import { doctor } from './commands/doctor.ts'
import { enroll } from './commands/enroll.ts'
import { ledgerExport } from './commands/ledgerExport.ts'
import { ledgerList } from './commands/ledgerList.ts'
import { ledgerRefusals } from './commands/ledgerRefusals.ts'
import { ledgerShow } from './commands/ledgerShow.ts'
import { ledgerPrune } from './commands/ledgerPrune.ts'
import { ledgerReconcile } from './commands/ledgerReconcile.ts'
import { relyingPartyAdd, relyingPartyList, relyingPartyRemove } from './commands/relyingParty.ts'
import { tenantApply } from './commands/tenantApply.ts'
import { tenantHistory } from './commands/tenantHistory.ts'
import { tenantList } from './commands/tenantList.ts'
import { tenantRollback } from './commands/tenantRollback.ts'
import { tenantShow } from './commands/tenantShow.ts'
import { trustFetch } from './commands/trustFetch.ts'

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  tenantApply,
  tenantShow,
  tenantList,
  tenantHistory,
  tenantRollback,
  authorityInit,
  authorityStageRoot,
  authorityStageIssuer,
  authorityActivate,
  authorityDeactivate,
  authorityRetire,
  authorityTaint,
  authorityRepublish,
  authorityStatus,
  authorityExport,
  authorityConfirm,
  relyingPartyAdd,
  relyingPartyRemove,
  relyingPartyList,
  denyUser,
  denyDevice,
  denyKey,
  denyLift,
  denyList,
  ledgerList,
  ledgerShow,
  ledgerRefusals,
  ledgerExport,
  ledgerReconcile,
  ledgerPrune,
  demoToken,
  enroll,
  trustFetch,
  doctor,
]

const commonOptions = {
  deployment: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** A command with its options. */
export interface ParsedCommand {
  readonly kind: 'run'
  readonly command: Command
  readonly values: OptionValues
  readonly argument: string | undefined
}

/** A question for help, about one command or all. */
export interface HelpWanted {
  readonly kind: 'help'
  readonly command: Command | undefined
}

const exitCodeHelp = 'exit codes: 0 ok, 1 fault, 2 usage, 3 refused, 4 try later'

const indent = (text: string) => text.replaceAll(/^/gm, '  ')

const nameOf = ({ name, argument }: Command): string =>
  argument === undefined ? name : `${name} ${argument}`

/** The help of one command, or the list of all, within 80 columns. */
export const helpText = (command?: Command): string => {
  const common = `--deployment NAME   local, or a deployment file (local)
--json              the result as JSON`
  if (command)
    return `mayfly ${nameOf(command)}: ${command.summary}\n\n${indent(command.help)}\n\n${indent(common)}`
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2
  const list = commands.map(({ name, summary }) => `${name.padEnd(width)}${summary}`).join('\n')
  return `mayfly COMMAND [options]\n\n${indent(list)}\n\nmayfly help COMMAND tells its options.\n${exitCodeHelp}`
}

const findCommand = (args: readonly string[]): Command | undefined =>
  commands.find(({ name }) => name.split(' ').every((word, index) => args[index] === word))

const refuse = ({ name }: Command, why: string): Refusal =>
  new Refusal('usage-wrong', `Cannot run mayfly ${name}: ${why}.`)

/** The first sentence of what parseArgs says. */
const describe = ({ message }: Error): string => message.replace(/\.(\s[^]*)?$/, '')

const parseOptions = (command: Command, args: readonly string[]) => {
  try {
    const options = { ...commonOptions, ...command.options }
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw refuse(command, describe(error as Error))
  }
}

/** Arguments without an option may be tokens: they are not repeated. */
const checkArguments = (command: Command, found: readonly string[]): void => {
  const { argument } = command
  if (argument === undefined && found.length > 0) throw refuse(command, 'it takes options only')
  if (argument !== undefined && found.length !== 1) throw refuse(command, `it takes one ${argument}`)
}

/** `help` because npx keeps `--help` for itself. */
const helpWords = new Set(['help', '--help', '-h'])

/**
 * Parses the words after `mayfly`.
 * @throws {Refusal} `usage-wrong`
 */
export const parseCommandLine = (args: readonly string[]): ParsedCommand | HelpWanted => {
  const [first = 'help'] = args
  if (helpWords.has(first)) return { kind: 'help', command: findCommand(args.slice(1)) }
  const command = findCommand(args)
  if (!command) {
    if (args.some((word) => helpWords.has(word))) return { kind: 'help', command: undefined }
    const names = commands.map(({ name }) => name).join(', ')
    throw new Refusal('usage-wrong', `Cannot run: there is no such command. The commands are ${names}.`)
  }
  const { values, positionals } = parseOptions(command, args.slice(command.name.split(' ').length))
  if (values.help === true) return { kind: 'help', command }
  checkArguments(command, positionals)
  return { kind: 'run', command, values, argument: positionals[0] }
}
