import { GCProfiler, getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { loading, registry } from '../../test/e2e/functionsProcess.ts'
import { allocatedIn } from './processCost.ts'
import type { LoadRequest } from '../../test/e2e/sendRequests.ts'
import type { Question } from './startServerProcess.ts'

// `node serverProcess.ts <port> [entry]`: the functions host alone, which answers its parent's questions.

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
  return allocatedIn(result.statistics, { atFirst: running.atFirst, atLast: used() })
}

const heap = (): number => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return used()
}

/** Loads the library of Azure anew only now: a start that is measured would wait for it. */
const handle = async (requests: readonly LoadRequest[], atOnce: number): Promise<number> =>
  (await import('./handleAlone.ts')).handleAlone(registry, requests, atOnce)

const answer = (question: Question): number | Promise<number> => {
  switch (question.kind) {
    case 'begin':
      return begin()
    case 'allocated':
      return allocated()
    case 'heap':
      return heap()
    case 'loadBegan':
      return loading.beganAt
    case 'loaded':
      return loading.endedAt
    case 'handle':
      return handle(question.requests, question.atOnce)
  }
}

// What cannot be answered ends the process, which the parent notices.
const tell = async (question: Question): Promise<void> => void process.send?.(await answer(question))
process.on('message', (question: Question) => void tell(question))
process.once('disconnect', () => process.exit())
process.send?.('serving')
