/** Holds what was measured of one task in one round, in microseconds a call. */
export interface Sample {
  /** By the clock: with whatever else the machine did meanwhile. */
  readonly elapsed: number
  /** Of the processor, in all threads of this process. */
  readonly processor: number
}

/** One thing to measure. */
export interface Task {
  readonly name: string
  /** Measures this many calls. */
  batch(calls: number): Promise<Sample>
}

const processorMicroseconds = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Calls with one input after the other. A promise that a call returns is awaited before the next call. */
const callWith = async <Input>(inputs: readonly Input[], run: (input: Input) => unknown): Promise<void> => {
  for (const input of inputs) {
    const result = run(input)
    if (result instanceof Promise) await result
  }
}

/** Calls at the start of a batch that are not measured: they find the caches full of what the batch before needed. */
const unmeasuredCalls = 3

/** Measures a batch of calls, all but the first ones. */
const runBatch = async <Input>(inputs: readonly Input[], run: (input: Input) => unknown): Promise<Sample> => {
  const measured = inputs.slice(unmeasuredCalls)
  await callWith(inputs.slice(0, unmeasuredCalls), run)
  const processorBefore = processorMicroseconds()
  const startedAt = performance.now()
  await callWith(measured, run)
  const elapsed = ((performance.now() - startedAt) * 1000) / measured.length
  return { elapsed, processor: (processorMicroseconds() - processorBefore) / measured.length }
}

/** Does a task with inputs that may be used again: a few, so that no measurement rests on one. */
export interface TaskOptions<Input> {
  readonly name: string
  readonly inputs: readonly Input[]
  readonly run: (input: Input) => unknown
}

const cycle = <Input>(inputs: readonly Input[], calls: number): readonly Input[] =>
  Array.from({ length: Math.ceil(calls / inputs.length) }, () => inputs)
    .flat()
    .slice(0, calls)

/** Makes a task. */
export const task = <Input>({ name, inputs, run }: TaskOptions<Input>): Task => ({
  name,
  batch: (calls) => runBatch(cycle(inputs, unmeasuredCalls + calls), run),
})

/** Makes a task each call of which needs an input of its own; making those is not measured. */
export const freshTask = <Input>({
  name,
  make,
  run,
}: {
  readonly name: string
  readonly make: () => Input
  readonly run: (input: Input) => unknown
}): Task => ({
  name,
  batch: (calls) => runBatch(Array.from({ length: unmeasuredCalls + calls }, make), run),
})

/** Every sample of every task, by its name, in the order of the rounds. */
export type Samples = ReadonlyMap<string, readonly Sample[]>

/** How long a batch is meant to take: short, so that a round ends before the machine changes its mind. */
const batchMicroseconds = 3_000

/** The fewest calls of a batch: long tasks must be as warm as short ones, or sums of stages say less than the whole. */
const fewestCalls = 30

/** How thoroughly to measure. */
export interface Thoroughness {
  /** Roughly how long the rounds go on; five are the least. */
  readonly seconds: number
  /** Calls of each task before the first round. */
  readonly warmUpCalls: number
}

/** Calls a batch consists of, after calls that have the task compiled. */
const callsOf = async (measured: Task, warmUpCalls: number): Promise<number> => {
  await measured.batch(warmUpCalls)
  const { elapsed } = await measured.batch(10)
  return Math.max(fewestCalls, Math.min(3_000, Math.round(batchMicroseconds / elapsed)))
}

const checkDistinct = (tasks: readonly Task[]): void => {
  if (new Set(tasks.map(({ name }) => name)).size === tasks.length) return
  throw new Error('Two tasks have the same name.')
}

/** The rounds that are not counted: caches and the compiler settle in them. */
const isWarmUp = (round: number, rounds: number) => round < Math.ceil(rounds / 10)

/**
 * Measures tasks in rounds of one batch each, so that whatever else the machine does hits all of them alike. The first
 * tenth of the rounds is thrown away.
 */
export const measure = async (
  tasks: readonly Task[],
  { seconds, warmUpCalls }: Thoroughness,
): Promise<Samples> => {
  checkDistinct(tasks)
  const calls = new Map<Task, number>()
  for (const measured of tasks) calls.set(measured, await callsOf(measured, warmUpCalls))
  const rounds: (readonly Sample[])[] = []
  const endAt = performance.now() + seconds * 1000
  while (rounds.length < 5 || performance.now() < endAt) {
    const round: Sample[] = []
    for (const measured of tasks) round.push(await measured.batch(calls.get(measured) ?? 1))
    rounds.push(round)
  }
  const counted = rounds.filter((_, round) => !isWarmUp(round, rounds.length))
  return new Map(
    tasks.map(({ name }, index) => [name, counted.flatMap((round) => round.slice(index, index + 1))]),
  )
}
