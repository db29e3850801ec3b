import * as fc from 'fast-check'
import type { CompliancePolicy, Requirement } from '../../../lib/compliance/model/compliancePolicy.ts'
import type { DeviceEvidence, DirectoryAnswer } from '../../../lib/policy/signals/deviceEvidence.ts'
import type { FactReport, FactSource } from '../../../lib/policy/signals/factKinds.ts'
import type { Answer } from '../../../lib/policy/signals/signal.ts'
import type { Circumstances } from '../../../lib/policy/signalsOf.ts'
import { at, compiled, graphPolicy } from './policySet.ts'
import { genericFacts } from './tokenFacts.ts'

/** A setting that asks for one fact; its name is that of the fact. */
const settingOf = (requirement: Requirement) => ({
  name: requirement.fact,
  wanted: `${requirement.fact} as it should be`,
  deed: `mend ${requirement.fact}`,
  requirements: [requirement],
})

export const bootsSecurely: Requirement = { kind: 'is', fact: 'secureBoot', value: true }
export const isEncrypted: Requirement = { kind: 'is', fact: 'systemDriveEncrypted', value: true }
const isFresh: Requirement = { kind: 'atMost', fact: 'antivirusSignatureAgeDays', value: 3 }
const isHarmless: Requirement = { kind: 'isOneOf', fact: 'threatLevel', values: ['secured', 'low'] }

/** A compliance policy for all, of Windows; its name is its id. */
export const compliancePolicy = (
  id: string,
  requirements: readonly Requirement[],
  changes: Partial<CompliancePolicy> = {},
): CompliancePolicy => ({
  id,
  displayName: id,
  platform: 'windows',
  assignment: { all: true, groups: [], excludedGroups: [] },
  settings: requirements.map(settingOf),
  meaningless: [],
  ...changes,
})

export const report = (
  fact: FactReport['fact'],
  value: FactReport['value'],
  source: FactSource = 'posture',
): FactReport => ({ fact, source, value, at: at - 300 })

/** What sources say, but for the changes: nothing. */
export const evidenceOf = (changes: Partial<DeviceEvidence> = {}): DeviceEvidence => ({
  facts: [],
  directory: undefined,
  troubles: [],
  ...changes,
})

export const circumstancesOf = (evidence: DeviceEvidence | undefined): Circumstances => ({
  at,
  clientIp: undefined,
  countryOf: undefined,
  evidence,
})

/** Blanks out what some sources said. */
export const withholding = (evidence: DeviceEvidence, sources: ReadonlySet<FactSource>): DeviceEvidence => ({
  ...evidence,
  facts: evidence.facts.map((one) => (sources.has(one.source) ? { ...one, value: undefined } : one)),
  directory:
    evidence.directory && sources.has('directory')
      ? {
          attributes: undefined,
          proofs: Object.fromEntries(
            Object.keys(evidence.directory.proofs).map((proof) => [proof, 'unknown' as const]),
          ),
        }
      : evidence.directory,
})

const filter = (mode: 'include' | 'exclude') => ({
  devices: { deviceFilter: { mode, rule: 'device.trustType -eq "AzureAD"' } },
})

const accessPolicies = [
  graphPolicy('compliant'),
  graphPolicy('filtered', filter('include')),
  graphPolicy('others: mfa', filter('exclude'), { grant: ['mfa'] }),
  graphPolicy('windows', { platforms: { includePlatforms: ['windows'] } }),
  graphPolicy(
    'other platforms: block',
    { platforms: { includePlatforms: ['all'], excludePlatforms: ['windows'] } },
    { grant: ['block'] },
  ),
  graphPolicy('joined or mfa', {}, { grant: ['domainJoinedDevice', 'mfa'] }),
  graphPolicy('either', {}, { grant: ['compliantDevice', 'domainJoinedDevice'] }),
]

const assignments = [
  { all: true, groups: [], excludedGroups: [] },
  { all: true, groups: [], excludedGroups: ['lab'] },
  { all: false, groups: ['staff'], excludedGroups: [] },
]

const compliance = fc
  .array(
    fc.record({
      platform: fc.constantFrom('windows', 'windows', 'macOS'),
      assignment: fc.constantFrom(...assignments),
      requirements: fc.subarray([bootsSecurely, isEncrypted, isFresh, isHarmless], {
        minLength: 1,
        maxLength: 2,
      }),
    }),
    { minLength: 1, maxLength: 2 },
  )
  .map((all) =>
    all.map(({ requirements, ...changes }, index) =>
      compliancePolicy(`compliance ${index}`, requirements, changes as Partial<CompliancePolicy>),
    ),
  )

/** Mostly what policies want, so that requests are allowed often enough. */
const mostly = <Value>(good: Value, ...others: readonly Value[]) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant(good) },
    { weight: 1, arbitrary: fc.constantFrom(good, ...others) },
  )

const sources = fc.subarray<FactSource>(['posture', 'attestation', 'directory', 'intune'], { minLength: 1 })

const reportsOf = (source: FactSource) =>
  fc
    .tuple(
      mostly<FactReport['value']>('windows', 'macOS', undefined, null),
      mostly<FactReport['value']>(true, false, undefined, null),
      mostly<FactReport['value']>(true, false, undefined, null),
      mostly<FactReport['value']>(1, 3, 4, undefined),
      mostly<FactReport['value']>('secured', 'high', undefined),
      fc.subarray([0, 1, 2, 3, 4]),
    )
    .map(([platform, boot, encrypted, age, threat, kept]) =>
      [
        report('platform', platform, source),
        report('secureBoot', boot, source),
        report('systemDriveEncrypted', encrypted, source),
        report('antivirusSignatureAgeDays', age, source),
        report('threatLevel', threat, source),
      ].filter((_, index) => kept.includes(index)),
    )

const answer = mostly<Answer>('yes', 'no', 'unknown')

const directory: fc.Arbitrary<DirectoryAnswer | undefined> = fc.option(
  fc.record({
    attributes: mostly<DirectoryAnswer['attributes']>(
      { trustType: 'AzureAD', model: 'x' },
      { trustType: 'Workplace', model: 'x' },
      { trustType: undefined, model: undefined },
      null,
      undefined,
    ),
    proofs: fc.oneof(
      fc.record({ compliantDevice: answer }),
      fc.record({ compliantDevice: answer, domainJoinedDevice: answer }),
    ),
  }),
  { nil: undefined, freq: 4 },
)

const evidence = fc
  .record({ reporting: sources.chain((all) => fc.tuple(...all.map(reportsOf))), directory })
  .map(({ reporting, directory: word }) => evidenceOf({ facts: reporting.flat(), directory: word }))

/** What the tenant has its token tell: nothing of the device; a proof; its platform and a fact, too. */
const tokens = [
  { complianceProofs: undefined, proofs: [] },
  {},
  {
    deviceIdClaim: 'device',
    signals: {
      groups: 'groups',
      platform: 'os',
      device: { attributes: { trustType: 'trust' } },
      facts: { secureBoot: 'boot' },
    },
    proofs: [{ control: 'mfa', by: 'amr', contains: ['mfa'] }],
  },
].map((trust) => genericFacts(trust, {}))

const claims = fc.record(
  {
    device_compliant: mostly<unknown>(true, false, 'true'),
    os: mostly<unknown>('windows', 'macOS', 5),
    boot: mostly<unknown>(true, false, 'true'),
    trust: mostly<unknown>('AzureAD', 'Workplace'),
    groups: mostly<unknown>(['staff'], [], ['lab', 'staff']),
    amr: fc.constantFrom(['mfa'], ['pwd']),
  },
  { requiredKeys: ['device_compliant', 'groups', 'amr'] },
)

/** A request with evidence about its device, and the policies of its tenant. */
export const requests = fc
  .record({
    access: fc.subarray(accessPolicies, { minLength: 1, maxLength: 3 }),
    compliance,
    token: fc.constantFrom(...tokens),
    claims,
    evidence,
  })
  .map((made) => ({
    facts: { ...made.token, claims: made.claims },
    circumstances: circumstancesOf(made.evidence),
    evidence: made.evidence,
    policies: compiled(made.access, { compliancePolicies: made.compliance }),
  }))
