import { GCProfiler, getHeapStatistics } from 'node:v8'
import { allocatedIn } from './allocatedIn.ts'
import type { Question } from './startFunctionsServer.ts'

// `node serverProcess.ts <port> [entry]`: the functions host alone, which tells its parent what it allocates.
await import('../../test/e2e/functionsProcess.ts')

const used = () => getHeapStatistics().used_heap_size

let running: { readonly profiler: GCProfiler; readonly atFirst: number } | undefined

const begin = (): number => {
  const profiler = new GCProfiler()
  running = { profiler, atFirst: used() }
  profiler.start()
  return 0
}

const allocated = (): number => {
  const result = running?.profiler.stop()
  if (!running || !result) throw new Error('Nothing was begun.')
  return allocatedIn(result, { atFirst: running.atFirst, atLast: used() })
}

process.on('message', (question: Question) => process.send?.(question === 'begin' ? begin() : allocated()))
process.once('disconnect', () => process.exit())
process.send?.('serving')
