/** One measurement, and the attributes by which its values are told apart. */
export interface Instrument {
  /** In the notation of UCUM, as OpenTelemetry asks. */
  readonly unit: string
  readonly description: string
  /** The only attributes that are exported: each takes few values, and none of them is a user, a device or a key. */
  readonly attributes: readonly string[]
}

/** The name under which spans and metrics are exported. */
export const scopeName = 'mayfly'

/** Only ever grow. */
export const counters = {
  'mayfly.certificates.issued': {
    unit: '{certificate}',
    description: 'Certificates handed out; `created` is false for those that were recorded before.',
    attributes: ['tenant', 'created'],
  },
  'mayfly.requests.refused': {
    unit: '{request}',
    description: 'Requests answered with a refusal or a fault; without a tenant when none was made out.',
    attributes: ['tenant', 'code'],
  },
  'mayfly.signatures.wasted': {
    unit: '{signature}',
    description: 'Signatures that the ledger does not hold.',
    attributes: ['tenant', 'reason'],
  },
  'mayfly.issuer.failures': {
    unit: '{failure}',
    description: 'Failures of one issuer to sign; another may have signed in its place.',
    attributes: ['tenant', 'issuer', 'code'],
  },
  'mayfly.refusals.unrecorded': {
    unit: '{refusal}',
    description: 'Refusals that were not recorded.',
    attributes: ['tenant'],
  },
} as const satisfies Readonly<Record<string, Instrument>>

/** Distributions of times, in seconds. */
export const histograms = {
  'mayfly.request.duration': {
    unit: 's',
    description: 'Time from the request to its answer.',
    attributes: ['function', 'code'],
  },
  'mayfly.stage.duration': {
    unit: 's',
    description: 'Time that one stage of a request took.',
    attributes: ['stage'],
  },
} as const satisfies Readonly<Record<string, Instrument>>

/** Are read at each export. */
export const gauges = {
  'mayfly.gate.depth': {
    unit: '{request}',
    description:
      'Requests that wait for a turn (`gate` is `token`), and those that hold a place while they wait for tables, token issuers or keys (`place`).',
    attributes: ['gate'],
  },
  'mayfly.issuer.resting': {
    unit: '1',
    description: '1 for each issuer that rests because it failed; `issuer` is `<tenant>/<issuer>`.',
    attributes: ['issuer'],
  },
  'mayfly.bundle.age': {
    unit: 's',
    description: 'Time since the trust bundle was made.',
    attributes: ['tenant'],
  },
  'mayfly.generation.remaining': {
    unit: 's',
    description: 'Time that an active root or issuer has left; `kind` is which of them it is.',
    attributes: ['tenant', 'kind', 'generation'],
  },
  'mayfly.jwks.age': {
    unit: 's',
    description: 'Time since the keys of a token issuer were fetched; `issuer` is its `iss`.',
    attributes: ['issuer'],
  },
  'mayfly.jwks.stale': {
    unit: '1',
    description: '1 while keys serve that could not be fetched anew, else 0.',
    attributes: ['issuer'],
  },
} as const satisfies Readonly<Record<`mayfly.${string}`, Instrument>>

/** Upper bounds of the histograms in seconds: from the arithmetic of one stage to the budget of a request. */
export const durationBounds: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15,
]
