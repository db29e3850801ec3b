import { describe, expect, it } from 'vitest'
import { issuerRules, lintIssuer, lintRoot, rootRules } from '../../../lib/profile/lintRoot.ts'
import { leafTbs } from '../../../lib/profile/leafProfile.ts'
import { allLeafRules, lintLeaf } from '../../../lib/profile/lintLeaf.ts'
import { lint, type LintRule } from '../../../lib/profile/lint.ts'
import { DerError } from '../../../lib/x509/derReader.ts'
import { subjectAltName } from '../../../lib/x509/extension.ts'
import { encodeName } from '../../../lib/x509/encodeName.ts'
import { encodeTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { issuerExpectation, rootExpectation } from './fixtures/authority.ts'
import { issuerBreaches, rootBreaches } from './fixtures/authorityBreaches.ts'
import { replacing } from './fixtures/breach.ts'
import { describeRules } from './fixtures/describeRules.ts'
import { makeHierarchy, makeKeyPair } from './fixtures/hierarchy.ts'
import { expectationOf, leafRequest } from './fixtures/leaf.ts'
import { leafBreaches } from './fixtures/leafBreaches.ts'

const hierarchy = makeHierarchy('ES256')
const request = leafRequest(hierarchy, makeKeyPair('ES256').publicKey)

describe('lintLeaf()', () => {
  describeRules({
    rules: allLeafRules,
    count: 33,
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

  it('refuses a serial number of zero by its length and its second bit too, as zero is one octet', () => {
    const der = encodeTbsCertificate({ ...leafTbs(request), serialNumber: Uint8Array.of(0) })
    expect(() => lintLeaf(der, expectationOf(request))).toRefuse(
      'lint-failed',
      /breaks serial-number-positive \([^)]*\), serial-number-length \([^)]*\), serial-number-second-bit \([^)]*\)\.$/,
    )
  })
})

describe('lintRoot()', () => {
  describeRules({
    rules: rootRules,
    count: 19,
    breaches: rootBreaches,
    tbs: hierarchy.root,
    expected: rootExpectation(hierarchy),
    lint: lintRoot,
  })
})

describe('lintIssuer()', () => {
  describeRules({
    rules: issuerRules,
    count: 24,
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
