import { cpus } from 'node:os'
import { type Alternative, alternatives } from './alternatives.ts'
import { createBenchWorld, type TokenAlgorithm } from './benchWorld.ts'
import { stageInputs } from './stageInputs.ts'
import { floorOf, floorTasks } from './floorTasks.ts'
import { pipelineName, surroundingTasks, wholeTasks } from './wholeTasks.ts'
import { measure, type Samples, type Task, type Thoroughness } from './measure.ts'
import { partTasks, stageTasks } from './stageTasks.ts'
import { beyond, ratio, samplesOf, type Summary, summarize } from './summary.ts'

/** Rows that belong together. */
export interface Section {
  readonly title: string
  readonly rows: readonly Summary[]
}

/** A library against this project's own code. */
export interface Comparison {
  readonly what: string
  /** Medians in microseconds. */
  readonly own: number
  readonly library: number
  /** How many times as long the library takes. */
  readonly ratio: number
}

/** The whole pipeline in times of the floor. */
export interface PipelineCost {
  /** Median of the rounds' own ratios. */
  readonly median: number
  /** Fastest round of the one by the fastest of the other: what a quiet machine would show. */
  readonly fastest: number
}

/** What the whole pipeline is meant to cost, and does. */
export interface Goal {
  readonly timesFloor: number
  readonly measured: Readonly<Record<TokenAlgorithm, PipelineCost>>
}

/** All that was measured, and on what. */
export interface Results {
  readonly node: string
  readonly processor: string
  /** UTC, ISO 8601. */
  readonly date: string
  /** How many rounds count. */
  readonly rounds: number
  readonly sections: readonly Section[]
  readonly comparisons: readonly Comparison[]
  readonly goal: Goal
}

/** The most the pipeline should cost, against the arithmetic alone. */
const goalTimesFloor = 1.6

interface Groups {
  readonly floor: readonly Task[]
  readonly stages: readonly Task[]
  readonly parts: readonly Task[]
  readonly surrounding: readonly Task[]
  readonly whole: readonly Task[]
}

const namesOf = (tasks: readonly Task[]): readonly string[] => tasks.map(({ name }) => name)

/** ES256 tokens have a floor of their own. */
const algorithmOf = (name: string): TokenAlgorithm => (name.includes('ES256') ? 'ES256' : 'RS256')

/** What enroll() does between its stages: resolving the tenant and its authority, composing the reply. */
const betweenStages = (samples: Samples, stages: readonly Task[]): Summary => {
  const whole = samplesOf(samples, [pipelineName.RS256])
  const inStages = samplesOf(samples, namesOf(stages))
  return summarize('in enroll(), but in no stage', beyond(whole, inStages), samplesOf(samples, floorOf.RS256))
}

const sectionsOf = (samples: Samples, groups: Groups): readonly Section[] => {
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
    { title: 'around enroll()', rows: rows(groups.surrounding) },
    { title: 'whole', rows: [...rows(groups.whole), betweenStages(samples, groups.stages)] },
  ]
}

const compare =
  (samples: Samples) =>
  ({ what, own, library }: Alternative): Comparison => {
    const [ours, theirs] = [own, library].map(({ name }) => samplesOf(samples, [name]))
    const medianOf = (of = ours ?? []) => summarize(what, of, of).median
    return { what, own: medianOf(ours), library: medianOf(theirs), ratio: ratio(theirs ?? [], ours ?? []) }
  }

const costOf = (samples: Samples, algorithm: TokenAlgorithm): PipelineCost => {
  const floor = samplesOf(samples, floorOf[algorithm])
  const pipeline = samplesOf(samples, [pipelineName[algorithm]])
  const [over, under] = [pipeline, floor].map((of) => summarize(algorithm, of, floor).fastest)
  return { median: ratio(pipeline, floor), fastest: (over ?? Number.NaN) / (under ?? Number.NaN) }
}

const goalOf = (samples: Samples): Goal => ({
  timesFloor: goalTimesFloor,
  measured: { RS256: costOf(samples, 'RS256'), ES256: costOf(samples, 'ES256') },
})

/** Measures everything in one process and one series of rounds. */
export const measureAll = async (thoroughness: Thoroughness): Promise<Results> => {
  await using world = await createBenchWorld()
  const inputs = await stageInputs(world)
  const groups: Groups = {
    floor: floorTasks(world, inputs),
    stages: stageTasks(world, inputs, await world.keys.open(inputs.issuer.generation.keyReference)),
    parts: partTasks(world, inputs),
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
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    date: new Date().toISOString(),
    rounds: samplesOf(samples, floorOf.RS256).length,
    sections: sectionsOf(samples, groups),
    comparisons: pairs.map(compare(samples)),
    goal: goalOf(samples),
  }
}
