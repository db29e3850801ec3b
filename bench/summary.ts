import type { Sample, Samples } from './measure.ts'

/** Sums up the rounds of one task, or of several together. Times in microseconds a call. */
export interface Summary {
  readonly name: string
  readonly median: number
  readonly fastest: number
  /** Half the distance between the quartiles, in per cent of the median's magnitude. */
  readonly spreadPercent: number
  /** Median of the processor time, all threads together. */
  readonly processor: number
  /** Median over the rounds of this against the same round's floor. */
  readonly timesFloor: number
}

/** The value that this fraction of them is below, the nearest there is; NaN of none. */
export const quantile = (values: readonly number[], fraction: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * fraction)] ?? Number.NaN
}

/** The value half of them are below; NaN of none. */
export const median = (values: readonly number[]): number => quantile(values, 0.5)

const add = (a: Sample, b: Sample): Sample => ({
  elapsed: a.elapsed + b.elapsed,
  processor: a.processor + b.processor,
})

/** The samples of one task, or the sums that the rounds have over several. */
export const samplesOf = (samples: Samples, tasks: readonly string[]): readonly Sample[] => {
  const [first = [], ...more] = tasks.map((name) => samples.get(name) ?? [])
  return first.map((sample, round) => more.map((other) => other[round] ?? sample).reduce(add, sample))
}

/** Subtracts what others took in the same rounds; noise can make it negative. */
export const beyond = (over: readonly Sample[], under: readonly Sample[]): readonly Sample[] =>
  over.map(({ elapsed, processor }, round) => ({
    elapsed: elapsed - (under[round]?.elapsed ?? Number.NaN),
    processor: processor - (under[round]?.processor ?? Number.NaN),
  }))

/** Compares two lists of the same rounds; the median of the ratios is what noise that hits both leaves alone. */
export const ratio = (over: readonly Sample[], under: readonly Sample[]): number =>
  median(over.map(({ elapsed }, round) => elapsed / (under[round]?.elapsed ?? Number.NaN)))

/** Sums up rounds beside those of the floor. */
export const summarize = (name: string, of: readonly Sample[], floor: readonly Sample[]): Summary => {
  const elapsed = of.map((sample) => sample.elapsed)
  const middle = median(elapsed)
  return {
    name,
    median: middle,
    fastest: Math.min(...elapsed),
    spreadPercent: ((quantile(elapsed, 0.75) - quantile(elapsed, 0.25)) / 2 / Math.abs(middle)) * 100,
    processor: median(of.map(({ processor }) => processor)),
    timesFloor: ratio(of, floor),
  }
}
