import { type Alternative, alternatives } from './alternatives.ts'
import { createBenchWorld, type TokenAlgorithm } from './benchWorld.ts'
import { decideAllocations, decideTasks } from './decideTasks.ts'
import { stageInputs } from './stageInputs.ts'
import { floorOf, floorTasks } from './floorTasks.ts'
import { pipelineName, surroundingTasks, wholeTasks } from './wholeTasks.ts'
import { measure, type Samples, type Task, type Thoroughness } from './measure.ts'
import { partTasks, stageTasks } from './stageTasks.ts'
import { environment } from './runBench.ts'
import { beyond, ratio, samplesOf, type Summary, summarize } from './summary.ts'

/** Bounds what the pipeline should cost, against the arithmetic alone. */
const goalTimesFloor = 1.6

interface Groups {
  readonly floor: readonly Task[]
  readonly stages: readonly Task[]
  readonly parts: readonly Task[]
  readonly decisions: readonly Task[]
  readonly surrounding: readonly Task[]
  readonly whole: readonly Task[]
}

const namesOf = (tasks: readonly Task[]): readonly string[] => tasks.map(({ name }) => name)

/** ES256 tokens have a floor of their own. */
const algorithmOf = (name: string): TokenAlgorithm => (name.includes('ES256') ? 'ES256' : 'RS256')

/** Sums up what enroll() does between its stages: resolving the tenant and its authority, composing the reply. */
const betweenStages = (samples: Samples, stages: readonly Task[]): Summary => {
  const whole = samplesOf(samples, [pipelineName.RS256])
  const inStages = samplesOf(samples, namesOf(stages))
  return summarize('in enroll(), but in no stage', beyond(whole, inStages), samplesOf(samples, floorOf.RS256))
}

const sectionsOf = (samples: Samples, groups: Groups) => {
  const row = (name: string, tasks: readonly string[] = [name]): Summary =>
    summarize(name, samplesOf(samples, tasks), samplesOf(samples, floorOf[algorithmOf(name)]))
  const rows = (tasks: readonly Task[]) => namesOf(tasks).map((name) => row(name))
  return [
    {
      title: 'floor: the arithmetic alone, node:crypto on prepared keys',
      rows: [
        ...rows(groups.floor),
        row('floor, RS256 token', floorOf.RS256),
        row('floor, ES256 token', floorOf.ES256),
      ],
    },
    {
      title: 'stages of enroll(), RS256 token, through the functions that do them in production',
      rows: [...rows(groups.stages), row('all stages, one after the other', namesOf(groups.stages))],
    },
    { title: 'parts of stages, and a variant', rows: rows(groups.parts) },
    { title: 'decisions, by what a tenant has applied', rows: rows(groups.decisions) },
    { title: 'around enroll()', rows: rows(groups.surrounding) },
    { title: 'whole', rows: [...rows(groups.whole), betweenStages(samples, groups.stages)] },
  ]
}

const compare =
  (samples: Samples) =>
  ({ what, own, library }: Alternative) => {
    const [ours, theirs] = [own, library].map(({ name }) => samplesOf(samples, [name]))
    const medianOf = (of = ours ?? []) => summarize(what, of, of).median
    return {
      what,
      /** Medians in microseconds. */
      own: medianOf(ours),
      library: medianOf(theirs),
      /** How many times as long the library takes. */
      ratio: ratio(theirs ?? [], ours ?? []),
    }
  }

/** Compares the whole pipeline with the floor: the median of the rounds, and the fastest of each, as on a quiet machine. */
const costOf = (samples: Samples, algorithm: TokenAlgorithm) => {
  const floor = samplesOf(samples, floorOf[algorithm])
  const pipeline = samplesOf(samples, [pipelineName[algorithm]])
  const [over, under] = [pipeline, floor].map((of) => summarize(algorithm, of, floor).fastest)
  return { median: ratio(pipeline, floor), fastest: (over ?? Number.NaN) / (under ?? Number.NaN) }
}

const goalOf = (samples: Samples) => ({
  timesFloor: goalTimesFloor,
  measured: { RS256: costOf(samples, 'RS256'), ES256: costOf(samples, 'ES256') },
})

/** Measures everything in one process and one series of rounds. */
export const measureAll = async (thoroughness: Thoroughness) => {
  await using world = await createBenchWorld()
  const inputs = await stageInputs(world)
  const groups: Groups = {
    floor: floorTasks(world, inputs),
    stages: stageTasks(world, inputs, await world.keys.open(inputs.issuer.generation.keyReference)),
    parts: partTasks(world, inputs),
    decisions: decideTasks(),
    surrounding: surroundingTasks(world, inputs),
    whole: wholeTasks(world),
  }
  const pairs = await alternatives(world, inputs)
  const paired = pairs.flatMap(({ own, library }) => [own, library])
  const samples = await measure(
    [...Object.values<readonly Task[]>({ ...groups }).flat(), ...paired],
    thoroughness,
  )
  return {
    ...environment(),
    /** How many count. */
    rounds: samplesOf(samples, floorOf.RS256).length,
    sections: sectionsOf(samples, groups),
    comparisons: pairs.map(compare(samples)),
    /** What a decision allocates, by the number of policies of which three apply. */
    allocations: decideAllocations(),
    goal: goalOf(samples),
  }
}

export type Results = Awaited<ReturnType<typeof measureAll>>
