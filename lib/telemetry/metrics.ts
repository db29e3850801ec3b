/** Why a signature bought nothing. */
export type WasteReason = 'no answer' | 'race lost' | 'not recorded'

/** What a gauge shows at one time: a value for each combination of attributes. */
export type GaugeReading = readonly {
  readonly value: number
  readonly attributes?: Readonly<Record<string, string>>
}[]

/** The gauges there are. */
export type GaugeName =
  | 'gate.depth'
  | 'issuer.resting'
  | 'bundle.age'
  | 'generation.remaining'
  | 'jwks.age'
  | 'jwks.stale'

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
