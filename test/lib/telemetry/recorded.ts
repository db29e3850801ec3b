import {
  InMemoryMetricExporter,
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import type { Telemetry } from '../../../lib/telemetry/telemetry.ts'

/** One exported value: a sum, what a gauge showed, or how many values a histogram holds. */
export interface Measured {
  readonly name: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly value: number
}

/** Telemetry that is kept in memory. */
export interface Recorded {
  readonly telemetry: Telemetry
  readonly spans: () => readonly ReadableSpan[]
  readonly measured: () => Promise<readonly Measured[]>
  /** All that was exported, as text. */
  readonly text: () => Promise<string>
}

/** Makes telemetry that exports to memory, and registers nothing. */
export const recorded = (): Recorded => {
  const spanExporter = new InMemorySpanExporter()
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] })
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 3_600_000,
  })
  const meters = new MeterProvider({ readers: [reader] })
  const spans = () => spanExporter.getFinishedSpans()
  const measured = async () => {
    const { resourceMetrics, errors } = await reader.collect()
    if (errors.length > 0) throw new AggregateError(errors, 'Instruments cannot be read.')
    const scopes = resourceMetrics.scopeMetrics
    return scopes
      .flatMap(({ metrics }) => metrics)
      .flatMap(({ descriptor: { name }, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => ({
          name,
          attributes,
          value: typeof value === 'number' ? value : value.count,
        })),
      )
  }
  const text = async () =>
    JSON.stringify([
      spans().map(({ name, attributes, status, events, links }) => ({
        name,
        attributes,
        status,
        events,
        links,
      })),
      await measured(),
    ])
  return {
    telemetry: {
      tracer: tracers.getTracer('test'),
      meter: meters.getMeter('test'),
      stop: async () => {
        await Promise.all([tracers.shutdown(), meters.shutdown()])
      },
    },
    spans,
    measured,
    text,
  }
}
