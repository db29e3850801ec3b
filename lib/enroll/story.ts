import { type StageName, stageNames, type Trace } from '../telemetry/trace.ts'
import type { Services } from './services.ts'

/** A request whose steps are followed. */
interface Followed {
  readonly trace: Trace
}

/** Adds the findings of a step to those before it; a step that only checks has none. */
type Joined<Known, Added> = Added extends object ? Known & Added : Known

/** Takes a request through its steps. A step that needs what none before it found does not compile. */
export interface Story<Start, Known> {
  /**
   * Adds a step.
   * @param name the stage by which it is measured, where it is one.
   * @param take given what is known of the request so far, and all services; finds more, or throws.
   */
  step<Added extends object | void>(
    name: string,
    take: (known: Known, services: Services) => Added | Promise<Added>,
  ): Story<Start, Joined<Known, Added>>
  /**
   * Takes the steps in their order.
   * @param onFailure told what was known when a step threw, before that is thrown on.
   * @returns all that is known.
   */
  tell(
    start: Start,
    services: Services,
    onFailure?: (error: unknown, known: Start & Partial<Known>) => Promise<void>,
  ): Promise<Known>
}

interface Step {
  readonly name: string
  readonly take: (known: never, services: Services) => unknown
}

const isStage = (name: string): name is StageName => stageNames.some((stage) => stage === name)

const storyOf = <Start extends Followed, Known>(steps: readonly Step[]): Story<Start, Known> => ({
  step: (name, take) => storyOf([...steps, { name, take }]),
  async tell(start, services, onFailure) {
    let known: Start = start
    try {
      for (const { name, take } of steps) {
        const run = () => take(known as never, services)
        const added = await (isStage(name) ? start.trace.stage(name, run) : run())
        known = { ...known, ...(added as object | undefined) }
      }
    } catch (error) {
      await onFailure?.(error, known as Start & Partial<Known>)
      throw error
    }
    return known as unknown as Known
  },
})

/** Begins a story with what is known of a request at first. */
export const storyFrom = <Start extends Followed>(): Story<Start, Start> => storyOf<Start, Start>([])
