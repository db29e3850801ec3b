import type { AgentState } from './agentState.ts'
import type { AgentWorld } from './agentWorld.ts'

/** How far the clock of the service was ahead of that of the machine, and what tells whether it still is. */
export type ClockDifference = Pick<AgentState, 'clockAheadSeconds' | 'machineStartedAt'>

/** The clock of a machine, and when that was started by it. */
export type MachineTime = Pick<AgentWorld, 'now' | 'startedAt'>

/** What a clock that nobody sets may drift by between two answers; a clock that was set by less misleads for no longer. */
const toleratedMilliseconds = 60_000

/** Whether the clock was not set since, nor the machine started: either moves the time of its start by its own clock. */
const isUnchanged = (learned: string | undefined, startedAt: Date | undefined): boolean =>
  learned !== undefined &&
  startedAt !== undefined &&
  Math.abs(Date.parse(learned) - startedAt.getTime()) <= toleratedMilliseconds

/**
 * Tells how far the clock of the service is taken to be ahead, in seconds: as learned while nothing changed. Where that is not
 * known, only what makes a renewal early is believed: a clock that was ahead may be right by now.
 */
export const believedAhead = (
  { clockAheadSeconds, machineStartedAt }: ClockDifference,
  machine: Pick<MachineTime, 'startedAt'>,
): number =>
  isUnchanged(machineStartedAt, machine.startedAt()) ? clockAheadSeconds : Math.max(0, clockAheadSeconds)
