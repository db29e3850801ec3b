import {
  AzureMonitorMetricExporter,
  AzureMonitorTraceExporter,
  type AzureMonitorExporterOptions,
} from '@azure/monitor-opentelemetry-exporter'
import type { Exporters } from './startSdk.ts'

type Policies = NonNullable<AzureMonitorExporterOptions['additionalPolicies']>
type Policy = Policies[number]['policy']

/** The library waits without end for an answer. */
const deadline: Policy = {
  name: 'mayflyDeadline',
  sendRequest(request, next) {
    request.timeout = 10_000
    return next(request)
  },
}

/** A batch that cannot be sent is dropped: the disk of an instance is small, and gone with it. */
const options = {
  disableOfflineStorage: true,
  retryOptions: { maxRetries: 1 },
  additionalPolicies: [{ policy: deadline, position: 'perCall' }],
} as const satisfies AzureMonitorExporterOptions

/**
 * Sends spans and metrics to Application Insights.
 * @param overrides for tests: where else to send to, and how.
 */
export const azureExporters = (
  connectionString: string,
  overrides: AzureMonitorExporterOptions = {},
): Exporters => {
  const all = { ...options, ...overrides, connectionString } as AzureMonitorExporterOptions
  return { spans: new AzureMonitorTraceExporter(all), metrics: new AzureMonitorMetricExporter(all) }
}
