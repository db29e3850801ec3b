import { parseArgs } from 'node:util'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Command, Run } from './command.ts'
import { commonOptions, findCommand, groupOf, helpText } from './helpText.ts'
import { argumentOptions, type Option, optionName, type Options, readOptions, type Words } from './option.ts'

/** A command whose options were read. */
export interface ParsedCommand extends Omit<Given, 'words'> {
  readonly kind: 'run'
  readonly command: Command
  readonly run: Run
}

/** A text that answers by itself: help. */
export interface ParsedHelp {
  readonly kind: 'help'
  readonly text: string
}

export interface Surroundings {
  readonly commands: readonly Command[]
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly now: Date
}

const refuse = ({ name }: Pick<Command, 'name'>, why: string): Refusal =>
  new Refusal('usage-wrong', `Cannot run mayfly ${name}: ${why}.`)

/** Keeps the first sentence of what parseArgs() says. */
const describe = ({ message }: Error): string => message.replace(/\.(\s[^]*)?$/, '')

const parseWords = (command: Readable, options: Options, args: readonly string[]) => {
  try {
    const config = { args: [...args], options: argumentOptions(options), allowPositionals: true }
    const { values, positionals } = parseArgs(config)
    const given = Object.entries(values).map(
      ([name, texts]) => [name, [texts ?? []].flat().map(String)] as const,
    )
    return { given: new Map(given), positionals }
  } catch (error) {
    throw refuse(command, describe(error as Error))
  }
}

/** Refuses without repeating them: arguments without an option may be tokens. */
const checkArguments = (command: Readable, found: readonly string[]): void => {
  const { argument } = command
  if (argument === undefined && found.length > 0) throw refuse(command, 'it takes options only')
  if (argument !== undefined && found.length !== 1) throw refuse(command, `it takes one ${argument}`)
}

/** Counts the letters to change, add or leave out between two texts (Levenshtein). */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (const [index, letter] of one.split('').entries()) {
    const next = [index + 1]
    for (const [column, wanted] of other.split('').entries()) {
      const [above = 0, aside = 0] = [row[column + 1], next[column]]
      const replaced = (row[column] ?? 0) + (letter === wanted ? 0 : 1)
      next.push(Math.min(above + 1, aside + 1, replaced))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The most letters that a typo differs in. */
const typoLetters = 3

const nearest = (commands: readonly Command[], args: readonly string[]): Command | undefined => {
  const far = ({ name }: Command): number =>
    distance(
      args
        .slice(0, name.split(' ').length)
        .join(' ')
        .slice(0, 2 * name.length),
      name,
    )
  const [best] = commands.toSorted((one, other) => far(one) - far(other))
  return best && far(best) <= Math.min(typoLetters, best.name.length / 3) ? best : undefined
}

/** Does not repeat the words, which may hold a token. */
const unknown = (commands: readonly Command[], args: readonly string[]): Refusal => {
  const found = nearest(commands, args)
  const group = groupOf(commands, args[0])
  const names = (group.length > 0 ? group : commands).map(({ name }) => name).join(', ')
  const hint = found ? `The nearest is ${found.name}` : `The commands are ${names}`
  return new Refusal('usage-wrong', `Cannot run: there is no such command. ${hint}.`)
}

/** Knows `help` because npx keeps `--help` for itself. */
const helpWords = new Set(['help', '--help', '-h'])

/** What a variable stands for: words of a list, or whether a flag is given. */
const readVariable = (
  { value, isRepeatable }: Option,
  variable: string,
  text: string,
): readonly string[] | undefined => {
  if (value !== undefined) return isRepeatable === true ? text.trim().split(/\s+/) : [text]
  if (/^(?:1|true|yes)$/i.test(text)) return []
  if (/^(?:0|false|no)$/i.test(text)) return undefined
  throw new Refusal('usage-wrong', `Cannot run the command: ${variable} must be 1 or 0.`)
}

/** The options of a command that variables stand in for, with those of all commands. */
const optionsByVariable = (
  { options, takesVariablesFor }: Readable,
  given: ReadonlyMap<string, unknown>,
): Options => {
  const taken = takesVariablesFor?.((member) => given.has(optionName(member)))
  const own = Object.entries(options).filter(([member]) => taken?.includes(member) ?? true)
  return { ...commonOptions, ...Object.fromEntries(own) }
}

/** Fills in what the environment says of options that were not given. @returns them, as text. */
const addVariables = (
  options: Options,
  given: Map<string, readonly string[]>,
  variables: Surroundings['variables'],
): string => {
  const chosen = Object.entries(options).flatMap(([member, option]: [string, Option]) => {
    const { variable = '', value } = option
    const [name, text = ''] = [optionName(member), variables[variable]]
    if (text === '' || given.has(name)) return []
    const texts = readVariable(option, variable, text)
    if (!texts) return []
    given.set(name, texts)
    // A command line may hold a secret.
    return [value === 'COMMAND' ? `${name} (${variable})` : `${name} ${text} (${variable})`]
  })
  return chosen.toSorted().join(', ')
}

/** What the words after a command and the environment say. */
export interface Given {
  readonly words: Words
  readonly argument: string
  readonly asJson: boolean
  /** `local`, or a file. */
  readonly deployment: string
  /** Tells whoever runs the command what the environment chose; empty for nothing. */
  readonly chosen: string
}

/** What it takes to read the words of a command. */
export type Readable = Pick<Command, 'name' | 'argument' | 'options' | 'takesVariablesFor'>

/**
 * Reads the words after those of a command.
 * @returns undefined where they ask for help.
 * @throws {Refusal} `usage-wrong`
 */
export const readGiven = (
  command: Readable,
  args: readonly string[],
  { variables, now }: Pick<Surroundings, 'variables' | 'now'>,
): Given | undefined => {
  const options = { ...commonOptions, ...command.options }
  const { given, positionals } = parseWords(command, options, args)
  if (given.has('help')) return undefined
  checkArguments(command, positionals)
  const chosen = addVariables(optionsByVariable(command, given), given, variables)
  const words = { given, now }
  const { deployment = 'local', json: asJson } = readOptions(commonOptions, words)
  return { words, argument: positionals[0] ?? '', asJson, deployment, chosen }
}

/**
 * Parses the words after `mayfly`.
 * @throws {Refusal} `usage-wrong`
 */
export const parseCommandLine = (
  args: readonly string[],
  { commands, variables, now }: Surroundings,
): ParsedCommand | ParsedHelp => {
  const [first = 'help'] = args
  if (helpWords.has(first)) return { kind: 'help', text: helpText(commands, args.slice(1)) }
  const command = findCommand(commands, args)
  if (!command) {
    if (args.some((word) => helpWords.has(word))) return { kind: 'help', text: helpText(commands, args) }
    throw unknown(commands, args)
  }
  const given = readGiven(command, args.slice(command.name.split(' ').length), { variables, now })
  if (!given) return { kind: 'help', text: helpText([command], args) }
  const { words, ...more } = given
  return { kind: 'run', command, run: command.prepare(words), ...more }
}
