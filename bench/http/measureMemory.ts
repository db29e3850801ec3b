import type { LoadThread } from './loadThread.ts'
import { measureLoad } from './measureRounds.ts'
import type { Mayfly } from './startMayfly.ts'

/** What a server holds after so many requests; octets. */
export interface Held {
  readonly requests: number
  readonly resident: number
  /** The heap that a collection leaves. */
  readonly heap: number
}

/** Watches the memory of a server while it is asked for so many certificates. */
export const measureMemory = async (
  mayfly: Mayfly,
  load: LoadThread,
  {
    total,
    steps,
    connections,
  }: { readonly total: number; readonly steps: number; readonly connections: number },
): Promise<readonly Held[]> => {
  const held: Held[] = []
  const count = Math.round(total / steps)
  const look = async (requests: number, resident: number): Promise<void> =>
    void held.push({ requests, resident, heap: await mayfly.server.ask({ kind: 'heap' }) })
  for (let step = 1; step <= steps; step++) {
    const { resident } = await measureLoad(mayfly, load, { count, connections })
    await look(step * count, resident)
  }
  return held
}
