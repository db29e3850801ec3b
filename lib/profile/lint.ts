import { Refusal } from '../errors/refusal.ts'
import { DerError } from '../x509/derReader.ts'
import { parseTbsCertificate, type TbsCertificate } from '../x509/tbsCertificate.ts'

/** One rule over a finished TBSCertificate. */
export interface LintRule<Expectation> {
  /** Kebab-case; named by the refusal when the rule is broken. */
  readonly name: string
  /**
   * Who imposes the rule: sections of RFCs, and the section of docs/certificate-profile.md that names it,
   * such as `RFC 5280 section 4.1.2.2; profile section 2.2`.
   */
  readonly citation: string
  /** Tells whether the certificate keeps the rule; throwing DerError breaks it. */
  readonly holds: (tbs: TbsCertificate, expected: Expectation) => boolean
}

/** The rule before all others: version 3, strict DER, no member but those of the profile. The parser keeps it. */
export const wellFormed = {
  name: 'well-formed',
  citation: 'RFC 5280 section 4.1; profile section 2.1',
} as const

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

const refuse = (broken: readonly Pick<LintRule<never>, 'name' | 'citation'>[], why = ''): Refusal => {
  const list = broken.map(({ name, citation }) => `${name} (${citation})`).join(', ')
  return new Refusal('lint-failed', `Cannot sign: the TBSCertificate breaks ${list}${why}.`)
}

const parse = (der: Uint8Array): TbsCertificate => {
  try {
    return parseTbsCertificate(der)
  } catch (error) {
    if (error instanceof DerError) throw refuse([wellFormed], `: ${error.message}`)
    throw error
  }
}

/**
 * Parses a finished TBSCertificate anew and holds it to every rule.
 * @param der DER TBSCertificate: exactly the octets that would be signed.
 * @throws {Refusal} `lint-failed` with the names and citations of the broken rules.
 * @throws {Error} without rules: nothing passes because nothing was asked.
 */
export const lint = <Expectation>(
  der: Uint8Array,
  rules: readonly LintRule<Expectation>[],
  expected: Expectation,
): void => {
  const tbs = parse(der)
  // Without a rule, every certificate would keep all of them.
  if (rules.length === 0) throw new Error('There are no rules to lint by.')
  const broken = rules.filter((rule) => !keeps(rule, tbs, expected))
  if (broken.length > 0) throw refuse(broken)
}
