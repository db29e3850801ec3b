import { catalogue } from '../lib/errors/catalogue.ts'
import type { Housekept } from '../lib/ledger/days/housekeeping.ts'
import { formatDirectoryFailure } from '../lib/telemetry/directoryFailure.ts'
import { counters, gauges, histograms, type Instrument } from '../lib/telemetry/instrument.ts'
import type { RequestLine } from '../lib/telemetry/requestLine.ts'
import { formatIssuerFailure, formatWastedSignature } from '../lib/telemetry/signingIds.ts'
import { stageNames } from '../lib/telemetry/trace.ts'

const instruments: Readonly<Record<string, Instrument>> = { ...counters, ...gauges, ...histograms }

const requestFields = {
  invocationId: true,
  function: true,
  tenant: true,
  status: true,
  code: true,
  milliseconds: true,
  stages: true,
  requestId: true,
  vaultRequestId: true,
  cause: true,
} satisfies Record<keyof RequestLine, true>

const housekeepingFields = {
  created: true,
  dropped: true,
  daysAhead: true,
  failed: true,
  stranded: true,
} satisfies Record<keyof Housekept, true>

const fieldsOf = (line: string): readonly string[] => Object.keys(JSON.parse(line) as object)

const ids = { tenant: '', issuer: '', requestId: '', vaultRequestId: '' }

/** The fields of each line of the log, by its event; that of a request has none. */
export const lines = {
  request: Object.keys(requestFields),
  housekeeping: ['milliseconds', ...Object.keys(housekeepingFields)],
  'issuer-failed': fieldsOf(formatIssuerFailure({ ...ids, cause: '' })),
  'directory-failed': fieldsOf(formatDirectoryFailure({ part: '', cause: '' })),
  'signature-wasted': fieldsOf(formatWastedSignature({ ...ids, reason: 'race lost' })),
}

/** Attributes that spans have in tables of their own: what azureExporters.test.ts sees arrive. */
const spanAttributes = ['invocationId', 'tenant', 'code']

const found = (query: string, form: RegExp): readonly string[] =>
  [...query.matchAll(form)].map(([, ...names]) => names.find((name) => name !== undefined) ?? '')

/**
 * Lists the names in a query that Microsoft's parser takes for texts or members of anything, and that Mayfly does not know:
 * metrics, their attributes, fields of its lines, stages, events and codes.
 */
export const unknownNames = (query: string): readonly string[] => {
  const metrics = found(query, /"(mayfly\.[\w.]+)"/g)
  const events = found(query, /line\.event == "([^"]*)"/g)
  const attributes = metrics.flatMap((metric) => instruments[metric]?.attributes ?? [])
  const fields = (events.length > 0 ? events : ['request']).flatMap(
    (event) => Object.entries(lines).find(([name]) => name === event)?.[1] ?? [],
  )
  const unknown = (names: readonly string[], known: readonly string[]) =>
    names.filter((name) => !known.includes(name))
  return [
    ...unknown(metrics, Object.keys(instruments)),
    ...unknown(events, Object.keys(lines)),
    ...unknown(
      found(query, /customDimensions(?:\.(\w+)|\["(\w+)"\])/g),
      metrics.length > 0 ? attributes : spanAttributes,
    ),
    ...unknown(found(query, /\bline(?:\.(\w+)|\["(\w+)"\])/g), [...fields, 'event']),
    ...unknown(found(query, /\bline\.stages\.(\w+)/g), stageNames),
    ...unknown(found(query, /(?:code (?:==|in \()|, ) ?"([a-z]+(?:-[a-z]+)*)"/g), [
      ...Object.keys(catalogue),
      ...stageNames,
    ]),
  ]
}
