import type { Command } from './command.ts'
import { formatHanging } from './formatTable.ts'
import { flag, type Option, optionName, type Options, text } from './option.ts'

/** Describes the options that every command has. */
export const commonOptions = {
  deployment: text('FILE', 'local, or a deployment file (local)', { variable: 'MAYFLY_DEPLOYMENT' }),
  json: flag('the result as JSON'),
  help: flag('this text', { short: 'h' }),
}

const exitCodeHelp = 'exit codes: 0 ok, 1 fault, 2 usage, 3 refused, 4 try later'

/** Writes an option as a command line has it: `-f, --file FILE`. */
export const optionLabel = (member: string, { short, value }: Option): string =>
  `${short === undefined ? '' : `-${short}, `}--${optionName(member)}${value === undefined ? '' : ` ${value}`}`

/** Tells what an option is for, and which variable stands in for it. */
export const optionHelp = ({ help, variable }: Option): string =>
  variable === undefined ? help : `${help}; else ${variable}`

const optionLines = (options: Options): readonly string[] => {
  const rows = Object.entries(options).map(([member, option]) => [
    optionLabel(member, option),
    optionHelp(option),
  ])
  const width = Math.max(...rows.map(([label = '']) => label.length)) + 2
  return rows.map(([label = '', help = '']) => formatHanging(`  ${label.padEnd(width)}`, help))
}

const commandHelp = ({ name, argument, summary, options, notes }: Command): string =>
  [
    `mayfly ${[name, argument].filter((part) => part !== undefined).join(' ')}: ${summary}`,
    ...[options, commonOptions].map((some) => optionLines(some).join('\n')).filter((some) => some !== ''),
    ...(notes === undefined ? [] : [formatHanging('  ', notes)]),
  ].join('\n\n')

const listHelp = (commands: readonly Command[], heading: string): string => {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`).join('\n')
  return `${heading}\n\n${list}\n\nmayfly help COMMAND tells its options; mayfly --version tells the version.\n${exitCodeHelp}`
}

/** Finds the command that words begin with, as far as they are its name. */
export const findCommand = (commands: readonly Command[], words: readonly string[]): Command | undefined =>
  commands.find(({ name }) => name.split(' ').every((word, index) => words[index] === word))

/** Finds the commands of a group, such as `authority`; none where there is no such group. */
export const groupOf = (commands: readonly Command[], word = ''): readonly Command[] =>
  commands.filter(({ name }) => name.startsWith(`${word} `))

/** Tells the options of a command, the commands of a group, or all commands: within 80 columns. */
export const helpText = (commands: readonly Command[], words: readonly string[] = []): string => {
  const command = findCommand(commands, words)
  if (command) return commandHelp(command)
  const group = groupOf(commands, words[0])
  if (group.length > 0) return listHelp(group, `mayfly ${words[0]} COMMAND [options]`)
  return listHelp(commands, 'mayfly COMMAND [options]')
}
