import { uptime } from 'node:os'
import type { MachineTime } from '../../client/agent/believedAhead.ts'

/** Tells the time of this machine. Its uptime is the same in all processes, goes on while it sleeps, and nobody sets it. */
export const machineTime = (now: () => Date): MachineTime => ({
  now,
  startedAt() {
    try {
      return new Date(now().getTime() - 1000 * uptime())
    } catch {
      return undefined
    }
  },
})
