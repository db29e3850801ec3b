import { ConsoleMetricExporter } from '@opentelemetry/sdk-metrics'
import { ConsoleSpanExporter } from '@opentelemetry/sdk-trace-base'
import type { Exporters } from './exporting.ts'

/** Prints spans and metrics on standard output. */
export const consoleExporters = (): Exporters => ({
  spans: new ConsoleSpanExporter(),
  metrics: new ConsoleMetricExporter(),
})
