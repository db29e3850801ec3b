import { join } from 'node:path'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import type { StateFile } from './agentState.ts'
import { readState, stateFileName } from './readState.ts'

/** Keeps the state of a credential in its folder, for its owner alone. */
export const stateFile = (folder: string): StateFile => ({
  read: async () => readState(folder),
  write: (state) => replaceFile(join(folder, stateFileName), `${JSON.stringify(state, null, 2)}\n`, 0o600),
})
