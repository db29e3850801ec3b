import type { Attributes, Meter } from '@opentelemetry/api'
import { counters, gauges } from './instrument.ts'
import type { WasteReason } from './signingIds.ts'

/** The values of a gauge at one time, one for each combination of attributes. */
export type GaugeReading = readonly {
  readonly value: number
  readonly attributes?: Readonly<Record<string, string>>
}[]

/** The gauges there are, without the prefix that all instruments have. */
type GaugeName = keyof typeof gauges extends `mayfly.${infer Name}` ? Name : never

/** Counts what the service does. Tenants are labels only once they are known to be tenants; users, devices and keys never are. */
export interface Metrics {
  issued(tenant: string, as: { readonly created: boolean }): void
  refused(tenant: string, code: string): void
  /** A signature that the ledger does not hold: an auditor meets it in the log of the key alone. */
  wasted(tenant: string, reason: WasteReason): void
  issuerFailed(tenant: string, issuer: string, code: string): void
  /** A refusal that was not recorded: there were too many, or the tables did not answer. */
  refusalUnrecorded(tenant: string): void
  /** @param read asked at each export, and must not throw. */
  gauge(name: GaugeName, read: () => GaugeReading): void
}

/** Counts nothing. */
export const unmeasured: Metrics = {
  issued: () => undefined,
  refused: () => undefined,
  wasted: () => undefined,
  issuerFailed: () => undefined,
  refusalUnrecorded: () => undefined,
  gauge: () => undefined,
}

/** An unknown tenant is no label. */
const labelled = (tenant: string): Attributes => (tenant === '' ? {} : { tenant })

/** Reads a gauge, as nothing where that fails: the others are still to be exported. */
const readSafely = (read: () => GaugeReading): GaugeReading => {
  try {
    return read().filter(({ value }) => Number.isFinite(value))
  } catch {
    return []
  }
}

const only = (names: readonly string[], attributes: Readonly<Record<string, string>> = {}): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name)))

/** Counts by the instruments of a meter. */
export const metricsOf = (meter: Meter): Metrics => {
  const counter = (name: keyof typeof counters) => {
    const { unit, description } = counters[name]
    const made = meter.createCounter(name, { unit, description })
    return (tenant: string, attributes: Attributes = {}): void =>
      made.add(1, { ...labelled(tenant), ...attributes })
  }
  const issued = counter('mayfly.certificates.issued')
  const refused = counter('mayfly.requests.refused')
  const wasted = counter('mayfly.signatures.wasted')
  const issuerFailed = counter('mayfly.issuer.failures')
  const unrecorded = counter('mayfly.refusals.unrecorded')
  return {
    issued: (tenant, { created }) => issued(tenant, { created: String(created) }),
    refused: (tenant, code) => refused(tenant, { code }),
    wasted: (tenant, reason) => wasted(tenant, { reason }),
    issuerFailed: (tenant, issuer, code) => issuerFailed(tenant, { issuer, code }),
    refusalUnrecorded: (tenant) => unrecorded(tenant),
    gauge: (name, read) => {
      const { unit, description, attributes: allowed } = gauges[`mayfly.${name}`]
      meter.createObservableGauge(`mayfly.${name}`, { unit, description }).addCallback((result) => {
        for (const { value, attributes } of readSafely(read)) result.observe(value, only(allowed, attributes))
      })
    },
  }
}
