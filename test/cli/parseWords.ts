import { parseCommandLine } from '../../cli/commandLine/parseCommandLine.ts'
import { commands } from '../../cli/commands.ts'

/** Parses the words after `mayfly`, with these variables in the environment. */
export const parseWords = (
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  now = new Date('2026-03-02T10:00:00Z'),
) => parseCommandLine(args, { commands, variables, now })
