import { join } from 'node:path'
import { watchLock } from '../../lib/files/watchLock.ts'
import { type Found, ok, problem } from './finding.ts'

/** Tells whether an agent keeps a folder. */
export const agentFound = async (folder: string, isOverdue: boolean): Promise<Found> => {
  const lock = await watchLock(join(folder, 'agent.lock'))
  if (lock.kind === 'held') return ok(`${lock.holder} keeps it`)
  const gone = lock.kind === 'left' ? `; ${lock.holder} ended without saying so` : ''
  if (!isOverdue) return ok(`no agent runs, and nothing is to be done yet${gone}`)
  return problem(
    `no agent runs, though a renewal is due${gone}`,
    'Start it: mayfly agent install has the system do that; or mayfly agent with the same options. Where a timer runs mayfly agent --once, see why it did not.',
  )
}
