import type { FactName, FactReport, FactSource } from '../policy/signals/factKinds.ts'

/** Makes a report of each fact that a source could tell and does not. */
export const silentFacts = (facts: Iterable<FactName>, source: FactSource): readonly FactReport[] =>
  [...new Set(facts)].map((fact) => ({ fact, source, value: undefined, at: undefined }))

/** Adds a silent report of each fact that a source could tell, and of which there is no report. */
export const withSilent = (
  reports: readonly FactReport[],
  facts: Iterable<FactName>,
  source: FactSource,
): readonly FactReport[] => {
  const told = new Set(reports.map(({ fact }) => fact))
  return [
    ...reports,
    ...silentFacts(
      [...facts].filter((fact) => !told.has(fact)),
      source,
    ),
  ]
}
