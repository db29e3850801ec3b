import type { Contender, RunningContender } from '../http/contender.ts'
import { startCfssl } from './startCfssl.ts'
import { findProgram } from './startPeer.ts'
import { startStepCa } from './startStepCa.ts'

/** A system that others wrote and that issues certificates too. */
export interface Peer {
  readonly name: string
  /** The program on the PATH. */
  readonly program: string
  start(name: string, program: string): Promise<RunningContender>
}

/** All that are measured where they are installed; docs/performance.md tells how to have them. */
export const peers: readonly Peer[] = [
  { name: 'step-ca, badger', program: 'step-ca-http', start: startStepCa },
  {
    name: 'cfssl, sqlite (WAL)',
    program: 'cfssl',
    start: (...from) => startCfssl(...from, 'WAL'),
  },
  {
    name: 'cfssl, sqlite as it comes',
    program: 'cfssl',
    start: (...from) => startCfssl(...from, 'DELETE'),
  },
  { name: 'cfssl, nothing recorded', program: 'cfssl', start: startCfssl },
]

/** Starts those that are installed. @returns them, and the names of the others. */
export const startPeers = async (
  stack: AsyncDisposableStack,
): Promise<{ readonly started: readonly Contender[]; readonly missing: readonly string[] }> => {
  const [started, missing]: [Contender[], string[]] = [[], []]
  for (const peer of peers) {
    const program = findProgram(peer.program)
    if (program === undefined) missing.push(`${peer.name} (no ${peer.program} on the PATH)`)
    else started.push(stack.use(await peer.start(peer.name, program)))
  }
  return { started, missing }
}
