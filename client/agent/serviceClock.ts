import type { AgentWorld } from './agentWorld.ts'

/** Tells the time of the service, whatever is done to the clock of this machine. */
export interface ServiceClock {
  now(): Date
  /** Takes the time that the service said. @returns how many seconds the machine is behind it; 0 for a few. */
  learn(time: Date): number
  /** How far the clock of the machine was set, or the machine slept, since this was asked last; 0 for a few seconds. */
  jumpedMilliseconds(): number
}

/** What clocks differ by without being wrong, and what an answer takes. */
const toleratedMilliseconds = 5_000

/**
 * Opens the clock of a service. Time that passed is what either clock of the machine says, whichever is more: one stands still
 * while the machine sleeps, the other may be set back. Too early a renewal costs a request, too late a one the connection.
 * @param aheadSeconds how far the service is taken to be ahead of the machine.
 */
export const openServiceClock = (
  world: Pick<AgentWorld, 'now' | 'clock'>,
  aheadSeconds: number,
): ServiceClock => {
  let [wall, steady] = [world.now().getTime(), world.clock()]
  let estimate = wall + aheadSeconds * 1000
  let jumped = 0
  const advance = (): void => {
    const [wallNow, steadyNow] = [world.now().getTime(), world.clock()]
    const [byWall, bySteady] = [wallNow - wall, steadyNow - steady]
    estimate += Math.max(byWall, bySteady)
    jumped += byWall - bySteady
    ;[wall, steady] = [wallNow, steadyNow]
  }
  return {
    now() {
      advance()
      return new Date(estimate)
    },
    learn(time) {
      advance()
      if (Math.abs(time.getTime() - estimate) > toleratedMilliseconds) estimate = time.getTime()
      const ahead = time.getTime() - wall
      return Math.abs(ahead) > toleratedMilliseconds ? Math.round(ahead / 1000) : 0
    },
    jumpedMilliseconds() {
      advance()
      if (Math.abs(jumped) <= toleratedMilliseconds) return 0
      const found = jumped
      jumped = 0
      return found
    },
  }
}
