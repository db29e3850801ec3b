import { type Talk, talkToSocket } from '../../../guard/talkToSocket.ts'

/** What OpenVPN says by itself begins with `>`. */
const isAnswer = (line: string): boolean => !line.startsWith('>')

const readAnswer = async (talk: Talk): Promise<readonly string[]> => {
  const lines: string[] = []
  for (;;) {
    const line = await talk.readLine()
    if (line.startsWith('ERROR: ')) throw new Error(`OpenVPN says ${line}`)
    if (line === 'END' || line.startsWith('SUCCESS: ')) return [...lines, ...(line === 'END' ? [] : [line])]
    if (isAnswer(line)) lines.push(line)
  }
}

/**
 * Asks an OpenVPN client by its management socket.
 * @returns the lines of its answer.
 * @throws {Refusal} as talkToSocket() does
 */
export const askManagement = (
  path: string,
  command: string,
  signal: AbortSignal,
): Promise<readonly string[]> =>
  talkToSocket(
    { name: `OpenVPN at ${path}`, path },
    (talk) => {
      talk.write(`${command}\n`)
      return readAnswer(talk)
    },
    signal,
  )
