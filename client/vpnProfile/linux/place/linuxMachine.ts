import { type ProgramEnd, runProgram } from '../../../runProgram.ts'

/** The machine whose clients have profiles. */
export interface LinuxMachine {
  /** Beneath which the folders of its clients are; empty for those of the machine itself. */
  readonly root: string
  /** That of the process: programs are started with it. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Longer than any of these programs takes. */
const timeoutMilliseconds = 10_000

/** Runs a program of a client to its end, in the words of no language. */
export const ask = (
  { environment }: LinuxMachine,
  [program, ...args]: readonly [string, ...string[]],
  signal: AbortSignal,
  input?: string,
): Promise<ProgramEnd> =>
  runProgram({
    program,
    arguments: args,
    environment: { ...environment, LC_ALL: 'C' },
    timeoutMilliseconds,
    signal,
    ...(input === undefined ? {} : { input }),
  })

/** Most of what a program says when it fails is how it is called. */
const mostCharacters = 300

/** Says why a program failed, with the last line that it wrote; undefined when it did not. */
export const failureOf = (program: string, { how, stdout, stderr }: ProgramEnd): string | undefined => {
  if (how === undefined) return undefined
  const lines = `${stdout.toString()}\n${stderr.toString()}`.split('\n').map((line) => line.trim())
  const said = lines.findLast((line) => line !== '' && !line.startsWith('Use --help')) ?? ''
  return `${program} ${how}${said === '' ? '' : `: ${said.slice(0, mostCharacters).replace(/\.$/, '')}`}`
}
