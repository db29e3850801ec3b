import { Refusal } from '../errors/refusal.ts'
import { DerError } from '../x509/derReader.ts'
import { parseTbsCertificate, type TbsCertificate } from '../x509/tbsCertificate.ts'

/** One rule over a finished TBSCertificate. */
export interface LintRule<Expectation> {
  /** Kebab-case; named by the refusal when the rule is broken. */
  readonly name: string
  /** Who imposes the rule: an RFC and its section, or the profile. */
  readonly citation: string
  /** Tells whether the certificate keeps the rule; throwing DerError breaks it. */
  readonly holds: (tbs: TbsCertificate, expected: Expectation) => boolean
}

const keeps = <Expectation>(
  rule: LintRule<Expectation>,
  tbs: TbsCertificate,
  expected: Expectation,
): boolean => {
  try {
    return rule.holds(tbs, expected)
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

const parse = (der: Uint8Array): TbsCertificate | undefined => {
  try {
    return parseTbsCertificate(der)
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

/**
 * Parses a finished TBSCertificate anew and holds it to every rule.
 * @param der DER TBSCertificate: exactly the octets that would be signed.
 * @throws {Refusal} `lint-failed` with the names and citations of the broken rules.
 */
export const lint = <Expectation>(
  der: Uint8Array,
  rules: readonly LintRule<Expectation>[],
  expected: Expectation,
): void => {
  const tbs = parse(der)
  if (!tbs)
    throw new Refusal('lint-failed', 'Cannot sign: the TBSCertificate is not DER (RFC 5280 section 4.1).')
  const broken = rules.filter((rule) => !keeps(rule, tbs, expected))
  if (broken.length === 0) return
  const list = broken.map(({ name, citation }) => `${name} (${citation})`).join(', ')
  throw new Refusal('lint-failed', `Cannot sign: the TBSCertificate breaks ${list}.`)
}
