import { type Command, command } from './commandLine/command.ts'
import { commonOptions, optionHelp, optionLabel } from './commandLine/helpText.ts'
import type { Options } from './commandLine/option.ts'

/** Writes text of man(7): a backslash or a leading dot or quote would be an order, and hyphens are to be copied as they are. */
const plain = (text: string): string =>
  text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll(/^(?=[.'])/gm, String.raw`\&`)

const optionsOf = (options: Options): readonly string[] =>
  Object.entries(options).flatMap(([member, option]) => [
    '.TP',
    `.B ${plain(optionLabel(member, option))}`,
    plain(optionHelp(option)),
  ])

const sectionOf = ({ name, argument, summary, options, notes }: Command): readonly string[] => [
  `.SS ${plain(['mayfly', name, argument].filter((part) => part !== undefined).join(' '))}`,
  plain(`${summary}.`),
  ...optionsOf(options),
  ...(notes === undefined ? [] : ['.PP', plain(notes)]),
]

/** Writes the manual page of all commands, in man(7). */
export const manualPage = (commands: readonly Command[]): string =>
  [
    '.TH MAYFLY 1 "" "Mayfly"',
    '.SH NAME',
    String.raw`mayfly \- manage a short\-lived certificate authority, and enroll with it`,
    '.SH SYNOPSIS',
    '.B mayfly',
    String.raw`COMMAND [options]`,
    '.SH COMMANDS',
    ...commands.flatMap(sectionOf),
    '.SH OPTIONS OF EVERY COMMAND',
    ...optionsOf(commonOptions),
    '.SH EXIT STATUS',
    '0 ok, 1 fault, 2 usage, 3 refused, 4 try later.',
  ].join('\n')

/** Makes the command that prints the manual page. */
export const manual = (commands: () => readonly Command[]): Command =>
  command({
    name: 'man',
    summary: 'print the manual page',
    options: {},
    notes: 'Read it with: mayfly man | man -l -',
    async run() {
      const page = manualPage(commands())
      return { text: page, json: { page } }
    },
  })
