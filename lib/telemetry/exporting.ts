import { envDetector, detectResources, resourceFromAttributes } from '@opentelemetry/resources'
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { announcingOutages } from './announcingOutages.ts'
import { scopeName } from './instrument.ts'
import type { Telemetry } from './telemetry.ts'

/** What sends spans and metrics somewhere. */
export interface Exporters {
  readonly spans: SpanExporter
  readonly metrics: PushMetricExporter
}

/** How exporters are run. */
export interface ExportOptions {
  /** Tells this process from the others that serve the same tenants. */
  readonly instance: string
  /** Between two exports of metrics. */
  readonly intervalMilliseconds: number
  /** Milliseconds of any monotonic clock. */
  readonly now: () => number
  /** Takes one structured line, without its end. */
  readonly report: (line: string) => void
  /** How long the last export may take; `stopMilliseconds` when left out. */
  readonly limitMilliseconds?: number
}

/** How long a stop waits for the last export. */
export const stopMilliseconds = 3_000

/** Waits for work to end, however it ends, and no longer than a time. */
const settledWithin = async (work: readonly Promise<unknown>[], milliseconds: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)))
  await Promise.race([Promise.allSettled(work), late])
  clearTimeout(timer)
}

/** `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` go before what is said here. */
const resourceOf = (instance: string) =>
  resourceFromAttributes({ 'service.name': scopeName, 'service.instance.id': instance }).merge(
    detectResources({ detectors: [envDetector] }),
  )

/**
 * Exports in the background what is traced and measured: batches of a bounded queue, which drops what an exporter cannot
 * take. Requests never wait for it. Samples as `OTEL_TRACES_SAMPLER` says: everything by default. Registers nothing globally.
 */
export const exporting = ({ spans, metrics }: Exporters, options: ExportOptions): Telemetry => {
  const { instance, intervalMilliseconds, now, report, limitMilliseconds = stopMilliseconds } = options
  const resource = resourceOf(instance)
  const spanExporter = announcingOutages(spans, { signal: 'traces', now, report })
  const tracers = new BasicTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(spanExporter)],
  })
  const reader = new PeriodicExportingMetricReader({
    exporter: announcingOutages(metrics, { signal: 'metrics', now, report }),
    exportIntervalMillis: intervalMilliseconds,
  })
  const meters = new MeterProvider({ resource, readers: [reader] })
  return {
    tracer: tracers.getTracer(scopeName),
    meter: meters.getMeter(scopeName),
    stop: () => settledWithin([tracers.shutdown(), meters.shutdown()], limitMilliseconds),
  }
}
