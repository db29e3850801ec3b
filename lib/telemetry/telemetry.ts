import { metrics, type Meter, trace, type Tracer } from '@opentelemetry/api'
import { scopeName } from './instrument.ts'

/** Where spans and measurements go. */
export interface Telemetry {
  readonly tracer: Tracer
  readonly meter: Meter
  /** Exports what is left, in bounded time; never throws. */
  stop(): Promise<void>
}

/** Goes nowhere, unless the process was started with an SDK of its own, which registers itself globally. */
export const unexported = (): Telemetry => ({
  tracer: trace.getTracer(scopeName),
  meter: metrics.getMeter(scopeName),
  stop: () => Promise.resolve(),
})
