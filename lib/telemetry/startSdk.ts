import { envDetector, detectResources, resourceFromAttributes } from '@opentelemetry/resources'
import {
  ConsoleMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import { errorType } from '../errors/describeCause.ts'
import { scopeName } from './instrument.ts'
import type { Telemetry } from './telemetry.ts'

/** Between two reports of one exporter's outage. */
const silenceMilliseconds = 10 * 60_000

/** The part that all exporters of OpenTelemetry share; code 0 is success. */
interface Exporter<Items> {
  export(items: Items, done: (result: { readonly code: number; readonly error?: Error }) => void): void
}

export interface Announcement {
  readonly signal: 'traces' | 'metrics'
  /** Milliseconds of any monotonic clock. */
  readonly now: () => number
  /** Takes one structured line, without its end. */
  readonly report: (line: string) => void
}

/**
 * Has an exporter tell that it fails, at most once in ten minutes: the libraries are silent, and a line a failure would
 * fill the log. The line names the kind of failure alone, because messages hold addresses and headers.
 */
export const announcingOutages = <Items, E extends Exporter<Items>>(
  exporter: E & Exporter<Items>,
  { signal, now, report }: Announcement,
): E => {
  const send = exporter.export.bind(exporter)
  let toldAt = Number.NEGATIVE_INFINITY
  const tell = (error: Error | undefined): void => {
    if (now() - toldAt < silenceMilliseconds) return
    toldAt = now()
    report(JSON.stringify({ event: 'telemetry-export-failed', signal, cause: errorType(error) }))
  }
  exporter.export = (items, done) =>
    send(items, (result) => {
      if (result.code !== 0) tell(result.error)
      done(result)
    })
  return exporter
}

export interface Exporters {
  readonly spans: SpanExporter
  readonly metrics: PushMetricExporter
}

export interface ExportOptions {
  /** Tells this process from the others that serve the same tenants. */
  readonly instance: string
  /** Between two exports of metrics. */
  readonly intervalMilliseconds: number
  /** Milliseconds of any monotonic clock. */
  readonly now: () => number
  /** Takes one structured line, without its end. */
  readonly report: (line: string) => void
  /** The time that the last export may take; `stopMilliseconds` when left out. */
  readonly limitMilliseconds?: number
}

const stopMilliseconds = 3_000

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

/** Proves who sends, where the destination wants to know. */
export interface TelemetryCredential {
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number } | null>
}

export type Destination =
  | { readonly kind: 'console' }
  | { readonly kind: 'otlp' }
  | { readonly kind: 'azure'; readonly connectionString: string; readonly credential?: TelemetryCredential }

/** Loads each library only where it is used. */
const exportersFor = async (destination: Destination): Promise<Exporters> => {
  switch (destination.kind) {
    case 'console':
      return { spans: new ConsoleSpanExporter(), metrics: new ConsoleMetricExporter() }
    case 'otlp':
      return (await import('./otlpExporters.ts')).otlpExporters()
    case 'azure':
      return (await import('./azureExporters.ts')).azureExporters(
        destination.connectionString,
        destination.credential ? { credential: destination.credential } : {},
      )
  }
}

/** Loads the exporters of a destination and runs them. This module is the chunk that is loaded only when configured. */
export const startSdk = async (destination: Destination, options: ExportOptions): Promise<Telemetry> =>
  exporting(await exportersFor(destination), options)
