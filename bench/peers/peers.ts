import type { Contender } from '../http/contender.ts'
import { startCfssl } from './startCfssl.ts'
import { findProgram } from './startPeer.ts'
import { startStepCa } from './startStepCa.ts'

/** A system that others wrote and that issues certificates too. */
export interface Peer {
  readonly name: string
  /** The program on the PATH. */
  readonly program: string
  start(name: string, program: string): Promise<Contender>
}

/** All that are measured where they are installed; docs/performance.md tells how to have them. */
export const peers: readonly Peer[] = [
  { name: 'step-ca, badger', program: 'step-ca-http', start: startStepCa },
  {
    name: 'cfssl, sqlite (WAL)',
    program: 'cfssl',
    start: (name, program) => startCfssl(name, program, 'WAL'),
  },
  {
    name: 'cfssl, sqlite as it comes',
    program: 'cfssl',
    start: (name, program) => startCfssl(name, program, 'DELETE'),
  },
  { name: 'cfssl, nothing recorded', program: 'cfssl', start: startCfssl },
]

/** Starts those that are installed. @returns them, and the names of the others. */
export const startPeers = async (contenders: Contender[]): Promise<readonly string[]> => {
  const missing: string[] = []
  for (const peer of peers) {
    const { name, program } = peer
    const path = findProgram(program)
    if (path === undefined) missing.push(`${name} (no ${program} on the PATH)`)
    else contenders.push(await peer.start(name, path))
  }
  return missing
}
