import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { issuerRules, lintIssuer, lintRoot, rootRules } from '../../../lib/profile/authorityRules.ts'
import { leafTbs } from '../../../lib/profile/leafProfile.ts'
import { allLeafRules, lintLeaf } from '../../../lib/profile/leafRules.ts'
import { lint, type LintRule } from '../../../lib/profile/lint.ts'
import { DerError } from '../../../lib/x509/derReader.ts'
import { subjectAltName } from '../../../lib/x509/extensions.ts'
import { encodeName } from '../../../lib/x509/name.ts'
import { encodeTbsCertificate, type TbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { issuerExpectation, rootExpectation } from './fixtures/authority.ts'
import { issuerBreaches, rootBreaches } from './fixtures/authorityBreaches.ts'
import { type Breaches, replacing } from './fixtures/breach.ts'
import { makeHierarchy, makeKeyPair } from './fixtures/hierarchy.ts'
import { expectationOf, leafRequest } from './fixtures/leaf.ts'
import { leafBreaches } from './fixtures/leafBreaches.ts'

const hierarchy = makeHierarchy('ES256')
const request = leafRequest(hierarchy, makeKeyPair('ES256').publicKey)

interface Subject<Expectation> {
  readonly rules: readonly LintRule<Expectation>[]
  /** How many rules there are: a rule that is lost must not go unnoticed. */
  readonly count: number
  readonly breaches: Breaches<Expectation>
  readonly tbs: TbsCertificate
  readonly expected: Expectation
  readonly lint: (der: Uint8Array, expected: Expectation) => void
}

/** The detail of the refusal `lint-failed`; undefined when nothing is thrown. */
const detailOf = (act: () => void): string | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof Refusal && error.code === 'lint-failed') return error.detail
    throw error
  }
}

/** Each rule is broken alone, and is then the only one that the refusal names. */
const describeRules = <Expectation>(subject: Subject<Expectation>): void => {
  const { rules, count, breaches, tbs, expected, lint: lintSubject } = subject
  it('accepts what keeps every rule', () => {
    expect(() => lintSubject(encodeTbsCertificate(tbs), expected)).not.toThrow()
  })

  it(`has ${count} rules of different names, and a breach of each`, () => {
    expect(rules).toHaveLength(count)
    expect(new Set(rules.map((rule) => rule.name)).size).toBe(count)
    expect(Object.keys(breaches).sort()).toEqual(rules.map((rule) => rule.name).sort())
    expect(Object.values(breaches).filter((each) => each.length === 0)).toEqual([])
  })

  const cases = rules.flatMap((rule) =>
    (breaches[rule.name] ?? []).map((breach) => [rule.name, breach.what, rule.citation, breach] as const),
  )
  it.each(cases)('refuses by %s alone: %s', (rule, _what, citation, breach) => {
    const der = encodeTbsCertificate({ ...tbs, ...breach.tbs?.(tbs) })
    const detail = detailOf(() => lintSubject(der, { ...expected, ...breach.expected?.(expected) }))
    expect(detail).toBe(`Cannot sign: the TBSCertificate breaks ${rule} (${citation}).`)
  })
}

describe('lintLeaf()', () => {
  describeRules({
    rules: allLeafRules,
    count: 30,
    breaches: leafBreaches,
    tbs: leafTbs(request),
    expected: expectationOf(request),
    lint: lintLeaf,
  })

  it('refuses an empty common name by its length too, though never by that alone', () => {
    const identity = { ...request.identity, commonName: '', upn: '' }
    const names = replacing(subjectAltName([{ kind: 'upn', value: '' }]))(leafTbs(request))
    const der = encodeTbsCertificate({ ...leafTbs(request), ...names, subject: encodeName([['CN', '']]) })
    expect(() => lintLeaf(der, { ...expectationOf(request), identity })).toRefuse(
      'lint-failed',
      /breaks common-name-length \([^)]*\), user-principal-name-form \([^)]*\)\.$/,
    )
  })

  it('refuses a serial number of zero by its length too, as zero has one octet', () => {
    const der = encodeTbsCertificate({ ...leafTbs(request), serialNumber: Uint8Array.of(0) })
    expect(() => lintLeaf(der, expectationOf(request))).toRefuse(
      'lint-failed',
      /breaks serial-number-positive \([^)]*\), serial-number-length \([^)]*\)\.$/,
    )
  })
})

describe('lintRoot()', () => {
  describeRules({
    rules: rootRules,
    count: 17,
    breaches: rootBreaches,
    tbs: hierarchy.root,
    expected: rootExpectation(hierarchy),
    lint: lintRoot,
  })
})

describe('lintIssuer()', () => {
  describeRules({
    rules: issuerRules,
    count: 22,
    breaches: issuerBreaches,
    tbs: hierarchy.issuer,
    expected: issuerExpectation(hierarchy),
    lint: lintIssuer,
  })
})

describe('lint()', () => {
  const der = encodeTbsCertificate(hierarchy.root)
  const rule = (name: string, holds: () => boolean): LintRule<undefined> => ({
    name,
    citation: 'here',
    holds,
  })

  it('names every broken rule and its citation', () => {
    const rules = [rule('first', () => false), rule('second', () => true), rule('third', () => false)]
    expect(() => lint(der, rules, undefined)).toRefuse(
      'lint-failed',
      /breaks first \(here\), third \(here\)\.$/,
    )
  })

  it('takes a DerError for a broken rule, and lets a fault of the rule itself through', () => {
    const derError = rule('broken', () => {
      throw new DerError('a value is broken')
    })
    const fault = rule('faulty', () => {
      throw new TypeError('a defect')
    })
    expect(() => lint(der, [derError], undefined)).toRefuse('lint-failed', /breaks broken \(here\)/)
    expect(() => lint(der, [fault], undefined)).toThrow(TypeError)
  })
})
