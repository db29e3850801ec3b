import { join } from 'node:path'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { readFile } from 'node:fs/promises'
import { type AgentState, noState, type StateFile } from './agentState.ts'

/** The name of the state beside a credential. */
export const stateFileName = 'agent.json'

/** Takes what has the form of a state; anything else is none. */
const stateIn = (text: string): AgentState => {
  const document: unknown = JSON.parse(text)
  if (typeof document !== 'object' || document === null) return noState
  const { version, clockAheadSeconds, failures } = document as Partial<AgentState>
  const isWhole = Number.isFinite(clockAheadSeconds) && Number.isInteger(failures)
  return version === 1 && isWhole ? (document as AgentState) : noState
}

/** Keeps the state of a credential in its folder, for its owner alone. */
export const stateFile = (folder: string): StateFile => {
  const file = join(folder, stateFileName)
  return {
    async read() {
      try {
        return stateIn(await readFile(file, 'utf8'))
      } catch {
        return noState
      }
    },
    write: (state) => replaceFile(file, `${JSON.stringify(state, null, 2)}\n`, 0o600),
  }
}
