import type { FactReport, FactSource } from './signals/factKinds.ts'

/** Names a source as people do. */
export const sourceNames: Readonly<Record<FactSource, string>> = {
  token: 'the compliance token',
  posture: 'the posture token',
  attestation: 'the attestation',
  directory: 'the directory',
  intune: 'Intune',
}

const units: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
]

/** Writes how long ago something was: `12 min`. */
const ageText = (seconds: number): string => {
  const [unit, name] = units.find(([least]) => seconds >= 2 * least) ?? [1, 's']
  return `${Math.max(0, Math.floor(seconds / unit))} ${name}`
}

const valueText = (value: FactReport['value']): string => {
  if (value === undefined) return 'unknown'
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return String(value)
}

/** Says what one source tells, and how old that is: `no, by the posture token 12 min ago`. */
export const toldText = ({ source, value, at }: Omit<FactReport, 'fact'>, now: number): string => {
  const age = at === undefined || value === undefined ? '' : ` ${ageText(now - at)} ago`
  return `${valueText(value)}, by ${sourceNames[source]}${age}`
}

/**
 * Says what one source tells of a fact: `secureBoot: no, by the posture token 12 min ago`.
 * @param now seconds since 1970.
 */
export const reportText = (report: FactReport, now: number): string =>
  `${report.fact}: ${toldText(report, now)}`
