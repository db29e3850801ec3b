import { runProgram } from '../runProgram.ts'
import type { Step } from './serviceManager.ts'

/** What a program did: how it failed, and what it printed. */
export interface StepEnd {
  /** Undefined when it succeeded. */
  readonly failure: string | undefined
  readonly printed: Buffer
}

/** Runs a program of the platform. Never rejects. */
export type RunStep = (step: Step) => Promise<StepEnd>

/** What came of programs that run one after the other, until one fails. */
export interface StepsRun {
  readonly ran: readonly Step[]
  /** What failed, and why; undefined when nothing did. */
  readonly failed?: { readonly step: Step; readonly failure: string } | undefined
  /** That which failed, and what was not run therefore. */
  readonly left: readonly Step[]
}

const timeoutMilliseconds = 60_000

/** Of what a program says about its failure, in one line. */
const mostCharacters = 500

/** Runs programs in an environment. */
export const stepRunner =
  (environment: Readonly<Record<string, string | undefined>>): RunStep =>
  async ({ program, arguments: words }) => {
    const { how, stdout, stderr } = await runProgram({
      program,
      arguments: words,
      environment,
      timeoutMilliseconds,
    })
    const said = stderr
      .toString('utf8')
      .replaceAll(/\p{C}+/gu, ' ')
      .trim()
      .slice(0, mostCharacters)
    return { failure: how === undefined || said === '' ? how : `${how}: ${said}`, printed: stdout }
  }

/** Runs programs in turn until one fails. */
export const runSteps = async (steps: readonly Step[], run: RunStep): Promise<StepsRun> => {
  const ran: Step[] = []
  for (const [index, step] of steps.entries()) {
    if (step.onlyIf !== undefined && (await run(step.onlyIf)).failure !== undefined) continue
    const { failure } = await run(step)
    if (failure !== undefined) return { ran, failed: { step, failure }, left: steps.slice(index) }
    ran.push(step)
  }
  return { ran, left: [] }
}

/** Shows a step as a shell reads it, for who runs it by hand. */
export const shownStep = ({ program, arguments: words }: Step): string =>
  [program, ...words].map((word) => (/^[\w@%+=:,./\\-]+$/.test(word) ? word : `"${word}"`)).join(' ')
