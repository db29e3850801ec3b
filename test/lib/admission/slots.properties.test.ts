import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { anyStep, slotsModel } from '../limit/slotsModel.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => vi.useRealTimers())

it('slotsOf() gives out and takes back as it says, whoever comes, goes or gives up', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 60 }), async (steps) => {
      const model = slotsModel()
      for (const one of steps) await model.take(one)
      for (const { state } of model.requests) seen.add(state)
      await model.end()
      vi.clearAllTimers()
    }),
    { numRuns: fuzzRuns(150) },
  )
  expect([...seen].toSorted()).toEqual(['over', 'overloaded', 'running', 'subject-busy', 'waiting'])
})
