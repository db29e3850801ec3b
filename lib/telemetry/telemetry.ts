import { metrics, type Meter, trace, type Tracer } from '@opentelemetry/api'
import { SettingFault } from '../errors/settingFault.ts'
import { scopeName } from './instrument.ts'
import type { Destination, ExportOptions, TelemetryCredential } from './startSdk.ts'

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

type Settings = Readonly<Record<string, string | undefined>>

const destinationFrom = (settings: Settings, credential?: TelemetryCredential): Destination | undefined => {
  const kind = settings['MAYFLY_TELEMETRY'] ?? 'off'
  if (kind === 'off' || kind === '') return undefined
  if (kind === 'console' || kind === 'otlp') return { kind }
  if (kind !== 'azure') throw new SettingFault('MAYFLY_TELEMETRY', 'to off, console, otlp or azure')
  const connectionString = settings['APPLICATIONINSIGHTS_CONNECTION_STRING']
  if (!connectionString)
    throw new SettingFault('APPLICATIONINSIGHTS_CONNECTION_STRING', 'for MAYFLY_TELEMETRY=azure')
  // The host reads the same setting: with it, Application Insights takes telemetry from identities alone.
  const byIdentity = /\bAuthorization=AAD\b/.test(settings['APPLICATIONINSIGHTS_AUTHENTICATION_STRING'] ?? '')
  return { kind, connectionString, ...(byIdentity && credential ? { credential } : {}) }
}

/** The variable that OpenTelemetry names for it, whose default is a minute. */
const intervalFrom = (settings: Settings): number => {
  const name = 'OTEL_METRIC_EXPORT_INTERVAL'
  const text = settings[name] || '60000'
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new SettingFault(name, 'to a number of milliseconds')
  return Number(text)
}

/**
 * Sets telemetry up as the settings say; without `MAYFLY_TELEMETRY` nothing is loaded and nothing is sent.
 * @throws {SettingFault} for the first that is missing or wrong.
 */
export const telemetryFrom = async (
  settings: Settings,
  {
    credential,
    ...options
  }: Omit<ExportOptions, 'intervalMilliseconds'> & { readonly credential?: TelemetryCredential },
): Promise<Telemetry> => {
  const destination = destinationFrom(settings, credential)
  if (!destination) return unexported()
  const intervalMilliseconds = intervalFrom(settings)
  const { startSdk } = await import('./startSdk.ts')
  try {
    return await startSdk(destination, { ...options, intervalMilliseconds })
  } catch (error) {
    // What the library says of it may hold the value, which is a secret.
    if (destination.kind !== 'azure') throw error
    throw new SettingFault('APPLICATIONINSIGHTS_CONNECTION_STRING', 'to one with an instrumentation key')
  }
}
