import type { AgentWorld } from './agentWorld.ts'
import type { ClockDifference } from './believedAhead.ts'
import type { ServiceClock } from './serviceClock.ts'

/** Takes times that a service tells. */
export interface TimeLearner {
  /** How far the service is ahead of the clock of the machine, as it was learned last. */
  difference(): ClockDifference
  learn(time: Date): void
}

/** Where times are learned. */
export interface Learning {
  readonly world: AgentWorld
  readonly clock: ServiceClock
  /** The folder that events are about. */
  readonly subject: string
  /** What was known before. */
  readonly before: ClockDifference
}

const clockDiffers = 60

const textOf = (seconds: number): string =>
  `The clock of this machine is ${Math.abs(seconds)} s ${seconds > 0 ? 'behind' : 'ahead of'} that of the service: set it by NTP, or servers and this machine take certificates for ended.`

/** Takes the times of answers, and tells when the clock of the machine is found to be wrong. */
export const learnTime = ({ world, clock, subject, before }: Learning): TimeLearner => {
  let { clockAheadSeconds, machineStartedAt } = before
  return {
    difference: () => ({ clockAheadSeconds, machineStartedAt }),
    learn(time) {
      if (Number.isNaN(time.getTime())) return
      const found = clock.learn(time)
      if (Math.abs(found) >= clockDiffers && Math.abs(found - clockAheadSeconds) >= clockDiffers)
        world.report({
          kind: 'clock-differs',
          level: 'warning',
          subject,
          text: textOf(found),
          facts: { aheadSeconds: found },
        })
      clockAheadSeconds = found
      machineStartedAt = world.startedAt()?.toISOString()
    },
  }
}
