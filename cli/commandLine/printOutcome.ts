import { Refusal } from '../../lib/errors/refusal.ts'
import type { Outcome, Stream, Undo } from './command.ts'
import { exitCodes } from './exitCodes.ts'
import { asciiJson } from '../../lib/terminal/shownText.ts'
import type * as standardOutput from '../../lib/terminal/writeResult.ts'

/** Where results go. */
export type Output = Pick<typeof standardOutput, 'isResultLost' | 'writeResult'>

/** The refusal of a command whose result did not arrive: what it did is taken back where it is worth nothing without. */
const unwritten = async (why: string, undo?: Undo): Promise<Refusal> => {
  const detail = `Cannot write the result: ${why}.`
  if (!undo) return new Refusal('output-lost', detail)
  return undo.run().then(
    () => new Refusal('output-lost', `${detail} ${undo.done}`),
    (cause: unknown) => new Refusal('output-lost', `${detail} ${undo.failed}`, { cause }),
  )
}

/**
 * Writes a result, or a piece of one.
 * @returns false when its reader has enough, as `head` does: no fault, but where the result is needed.
 * @throws {Refusal} `output-lost`
 */
const write = async (text: string, { isResultLost, writeResult }: Output, undo?: Undo): Promise<boolean> => {
  if (undo && isResultLost()) throw await unwritten('standard output leads nowhere', undo)
  try {
    await writeResult(text)
    return true
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EPIPE' && !undo) return false
    throw await unwritten(code ?? message, undo)
  }
}

/** Prints a text that is all there is. @throws {Refusal} `output-lost` */
export const printText = async (text: string, output: Output): Promise<void> => {
  await write(`${text}\n`, output)
}

/**
 * Prints what a command found or did.
 * @returns the exit code of the command.
 * @throws {Refusal} `output-lost`, or what finding more throws
 */
export const printOutcome = async (
  outcome: Outcome | Stream,
  asJson: boolean,
  output: Output,
): Promise<number> => {
  if (!('pieces' in outcome)) {
    await write(`${asJson ? asciiJson(outcome.json, 2) : outcome.text}\n`, output, outcome.undo)
    return outcome.exitCode ?? exitCodes.ok
  }
  for await (const piece of outcome.pieces) if (!(await write(piece, output))) break
  return exitCodes.ok
}
