import { type Drop, dropStaleMilliseconds, isInForce } from '../../lib/drops/dropList.ts'

/** What time it was by the clock of the service when it confirmed a list, as its answer told. */
export interface ServiceTime {
  readonly time: Date
  /** When that was, in milliseconds by a clock of the machine that nobody sets. */
  readonly clock: number
}

/** The time by the clock of the service, counted on. @param clock now, in milliseconds by the same clock as that of `told` */
export const serviceNow = (told: ServiceTime, clock: number): Date =>
  new Date(told.time.getTime() + clock - told.clock)

/**
 * Takes the entries of a list that stand. The service leaves out what is over, so that a list stands as it is; of one that nobody
 * confirmed for 5 minutes an entry is over once the clock of the service has passed its end: as it was told last, and counted on. Where
 * it was not told since the start, each stands. The clock of the machine says nothing: whoever it is ahead of would be let off early.
 */
export const standingDrops = (
  drops: readonly Drop[],
  told: ServiceTime | undefined,
  clock: number,
): readonly Drop[] => {
  if (!told || !(clock - told.clock > dropStaleMilliseconds)) return drops
  const now = serviceNow(told, clock)
  return drops.filter((drop) => isInForce(drop, now))
}
