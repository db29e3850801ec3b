import { consoleExporters } from './consoleExporters.ts'
import { type ExportOptions, type Exporters, exporting } from './exporting.ts'
import type { Telemetry } from './telemetry.ts'

/** What proves who sends, where the destination wants to know. */
export interface TelemetryCredential {
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number } | null>
}

/** Where spans and metrics are sent. */
export type Destination =
  | { readonly kind: 'console' }
  | { readonly kind: 'otlp' }
  | { readonly kind: 'azure'; readonly connectionString: string; readonly credential?: TelemetryCredential }

/** Each library is loaded for whoever uses it. */
const exportersFor = async (destination: Destination): Promise<Exporters> => {
  switch (destination.kind) {
    case 'console':
      return consoleExporters()
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
