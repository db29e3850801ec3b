import type { ParseArgsConfig } from 'node:util'
import { Refusal } from '../../lib/errors/refusal.ts'

/** Which option a text was given for, and when: durations count from then. */
export interface Told {
  /** Without the dashes. */
  readonly option: string
  readonly now: Date
}

/** Reads the text of an option. @throws {Refusal} `usage-wrong` for what it does not take */
export type Parse<Value> = (text: string, told: Told) => Value

/** Adds what only some options have. */
interface Traits {
  /** One letter: `f` for `-f`. */
  readonly short?: string
  /** The values it takes, for who completes a line. */
  readonly choices?: readonly string[]
  /** The variable of the environment that stands in for it. */
  readonly variable?: string
  readonly byDefault?: string
}

/** One option of a command: a row of the table that parsing, help, completion and the manual come from. */
export interface Option<Value = unknown> extends Traits {
  /** Stands for the value in the help; absent for an option that is given or not. */
  readonly value?: string
  readonly help: string
  readonly isRequired?: true
  readonly isRepeatable?: true
  /** @param texts those that were given, the last one counts; undefined when none was. */
  readonly read: (texts: readonly string[] | undefined, told: Told) => Value
}

/** The options of a command; `dryRun` is written `--dry-run`. */
export type Options = Readonly<Record<string, Option>>

/** The values of a command's options, as its `run` gets them. */
export type Values<Described extends Options> = {
  readonly [Name in keyof Described]: Described[Name] extends Option<infer Value> ? Value : never
}

/** Describes an option that is given or not. */
export const flag = (help: string, traits: Traits = {}): Option<boolean> => ({
  ...traits,
  help,
  read: (texts) => texts !== undefined,
})

/** Describes an option that takes a value of its own kind, and may be left out. */
export const parsed = <Value>(
  value: string,
  help: string,
  parse: Parse<Value>,
  traits: Traits = {},
): Option<Value | undefined> => ({
  ...traits,
  value,
  help,
  read(texts, told) {
    const given = texts?.at(-1) ?? traits.byDefault
    return given === undefined ? undefined : parse(given, told)
  },
})

/** Describes an option that takes a text, and may be left out. */
export const text = (value: string, help: string, traits?: Traits): Option<string | undefined> =>
  parsed(value, help, (given) => given, traits)

/** Makes an option one that must be given, and not be empty. */
export const required = <Value>(option: Option<Value | undefined>): Option<Value> => ({
  ...option,
  isRequired: true,
  read(texts, told) {
    const found = texts?.at(-1) === '' ? undefined : option.read(texts, told)
    if (found !== undefined) return found
    throw new Refusal('usage-wrong', `Cannot run the command: --${told.option} is missing.`)
  },
})

/** Writes the name of an option as the command line has it: `dry-run` for `dryRun`. */
export const optionName = (member: string): string =>
  member.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Describes options to parseArgs() of Node.js. */
export const argumentOptions = (options: Options): NonNullable<ParseArgsConfig['options']> =>
  Object.fromEntries(
    Object.entries(options).map(([member, { value, short }]) => [
      optionName(member),
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  )

/** The words of a command line after those of the command, sorted by option. */
export interface Words {
  /** By the name of the option; a flag has an empty list. */
  readonly given: ReadonlyMap<string, readonly string[]>
  readonly now: Date
}

/** Reads the values of options. @throws {Refusal} `usage-wrong`, and those of the options */
export const readOptions = <Described extends Options>(
  options: Described,
  { given, now }: Words,
): Values<Described> =>
  Object.fromEntries(
    Object.entries(options).map(([member, option]) => {
      const name = optionName(member)
      return [member, option.read(given.get(name), { option: name, now })]
    }),
  ) as Values<Described>
