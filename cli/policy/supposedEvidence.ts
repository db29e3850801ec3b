import { Refusal } from '../../lib/errors/refusal.ts'
import { isObject } from '../../lib/policy/model/graphDocument.ts'
import type { DeviceEvidence } from '../../lib/policy/signals/deviceEvidence.ts'
import type { FactReport } from '../../lib/policy/signals/factKinds.ts'
import { isValueOf, valuesOf } from '../../lib/policy/signals/isValueOf.ts'
import type { Answer } from '../../lib/policy/signals/signal.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'
import { type SuppliedFact, suppliedFacts } from '../../lib/tenant/suppliedFacts.ts'
import type { ClaimsSet } from '../../lib/token/claimsSet.ts'
import { readDocument } from '../tenant/readDocument.ts'
import { postureReports } from './postureReports.ts'

const refuse = (why: string) => new Refusal('usage-wrong', `Cannot ask what if: ${why}.`)

/** What sources beside the token are supposed to say of a device. */
export interface SupposedEvidence {
  /** By source and fact; null for a fact that is none. Values are unchecked. */
  readonly facts: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** The claims of a posture token; undefined where there is none. */
  readonly posture: ClaimsSet | undefined
  /** What the directory says of each control that it proves. */
  readonly directory: Answer
}

/** Reads facts by the source that tells them: `{"posture": {"secureBoot": true}}`. @throws {Refusal} `usage-wrong` */
export const readFacts = async (file: string | undefined): Promise<SupposedEvidence['facts']> => {
  if (file === undefined) return {}
  const document = await readDocument(file, 'usage-wrong')
  if (isObject(document) && Object.values(document).every(isObject))
    return document as SupposedEvidence['facts']
  throw refuse(`${file} does not hold facts by their sources, such as {"posture": {"secureBoot": true}}`)
}

/** What is supposed, and what a posture token tells, which counts where nothing else is supposed of its source. */
interface Supposed extends Pick<SupposedEvidence, 'facts'> {
  readonly told: readonly FactReport[]
}

const reportOf = ({ fact, source }: SuppliedFact, { facts, told }: Supposed, at: number): FactReport => {
  const own = facts[source] ?? {}
  const said = told.find((report) => report.fact === fact && report.source === source)
  if (said && !Object.hasOwn(own, fact)) return said
  const value = Object.hasOwn(own, fact) ? own[fact] : undefined
  if (value === undefined || value === null) return { fact, source, value, at }
  if (isValueOf(fact, value)) return { fact, source, value, at }
  throw refuse(`${fact} of --facts is no value of it: ${valuesOf(fact)}`)
}

const checkSupplied = ({ facts }: SupposedEvidence, supplied: readonly SuppliedFact[]): void => {
  const names = new Set(supplied.map(({ fact, source }) => `${source}.${fact}`))
  const wrong = Object.entries(facts)
    .flatMap(([source, told]) => Object.keys(told).map((fact) => `${source}.${fact}`))
    .find((name) => !names.has(name))
  if (wrong !== undefined)
    throw refuse(
      `the tenant has no source that tells ${wrong} of --facts; what the token tells is among its claims`,
    )
}

/**
 * Makes the evidence that a tenant's sources would give: silent but for what is supposed.
 * @param at seconds since 1970.
 * @returns undefined where the tenant has no source beside the token.
 * @throws {Refusal} `usage-wrong`
 */
export const supposedEvidence = (
  configuration: Pick<Configuration, 'tokenIssuers' | 'evidence'>,
  supposed: SupposedEvidence,
  at: number,
): DeviceEvidence | undefined => {
  const supplied = suppliedFacts(configuration).filter(({ source }) => source !== 'token')
  checkSupplied(supposed, supplied)
  const told = postureReports(supposed.posture, configuration, at)
  const { evidence } = configuration
  if (!evidence) return undefined
  const { directory } = evidence
  return {
    facts: supplied.map((one) => reportOf(one, { ...supposed, told }, at)),
    directory: directory && {
      attributes: undefined,
      proofs: Object.fromEntries(directory.proves.map((proof) => [proof, supposed.directory])),
    },
    troubles: [],
  }
}
