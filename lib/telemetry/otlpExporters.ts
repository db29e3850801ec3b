import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { Exporters } from './startSdk.ts'

/** Sends OTLP as JSON over HTTP to where the `OTEL_EXPORTER_OTLP_...` variables say. */
export const otlpExporters = (): Exporters => ({
  spans: new OTLPTraceExporter(),
  metrics: new OTLPMetricExporter(),
})
