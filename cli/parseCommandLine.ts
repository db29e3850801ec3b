import { parseArgs } from 'node:util'
import { Refusal } from '../lib/errors/refusal.ts'
import type { Command, OptionValues } from './commandLine/command.ts'
import { authorityConfirm } from './authority/authorityConfirm.ts'
import { authorityExport } from './authority/authorityExport.ts'
import { authorityInit } from './authority/authorityInit.ts'
import {
  authorityActivate,
  authorityDeactivate,
  authorityRetire,
  authorityTaint,
} from './authority/authorityActivate.ts'
import { authorityRepublish } from './authority/authorityRepublish.ts'
import { authorityStageIssuer } from './authority/authorityStageIssuer.ts'
import { authorityStageRoot } from './authority/authorityStageRoot.ts'
import { authorityStatus } from './authority/authorityStatus.ts'
import { demoToken } from './client/demoToken.ts'
import { denyDevice, denyKey, denyUser } from './deny/denyUser.ts'
import { denyLift } from './deny/denyLift.ts'
import { denyList } from './deny/denyList.ts'
import { doctor } from './doctor/doctor.ts'
import { enroll } from './client/enroll.ts'
import { ledgerExport } from './ledger/ledgerExport.ts'
import { ledgerList, ledgerRefusals } from './ledger/ledgerList.ts'
import { ledgerShow } from './ledger/ledgerShow.ts'
import { ledgerPrune } from './ledger/ledgerPrune.ts'
import { ledgerReconcile } from './ledger/ledgerReconcile.ts'
import { relyingPartyAdd, relyingPartyList, relyingPartyRemove } from './relyingParty/relyingPartyAdd.ts'
import { tenantApply } from './tenant/tenantApply.ts'
import { tenantHistory } from './tenant/tenantHistory.ts'
import { tenantList } from './tenant/tenantList.ts'
import { tenantRollback } from './tenant/tenantRollback.ts'
import { tenantShow } from './tenant/tenantShow.ts'
import { trustFetch } from './client/trustFetch.ts'

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
