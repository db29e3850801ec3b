import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parsePolicies, type PolicyOptions } from '../../../../lib/policy/model/parsePolicies.ts'
import { printRejection } from '../../../../lib/policy/model/rejection.ts'

const exported: unknown = JSON.parse(readFileSync(new URL('graphPolicies.json', import.meta.url), 'utf8'))

const parsed = (file: unknown, options: Partial<PolicyOptions> = {}) => {
  const { entries, rejections } = parsePolicies(file, {
    applicationIds: ['eeeeeeee-0000-4000-8000-000000000001'],
    denyUnprovable: false,
    ...options,
  })
  return {
    policies: entries.map(({ value }) => value),
    documents: entries.map(({ document }) => document),
    rejections: rejections.map(printRejection),
  }
}

describe('parsePolicies()', () => {
  it('tells of each policy of an export', () => {
    const { policies, rejections } = parsed(exported)
    expect(policies.map(({ displayName, never }) => [displayName, never])).toEqual([
      ['Compliant or hybrid joined device, all users', undefined],
      ['Block legacy authentication', 'it is for other client types only (exchangeActiveSync, other)'],
      ['Administrators: phishing-resistant', undefined],
      ['Unmanaged devices: no persistent browser', undefined],
      ['Block unknown platforms', undefined],
      ['High sign-in risk: block', undefined],
      ['Guests: MFA', undefined],
      ['Office 365 web access only', 'it is for other applications only'],
      ['Device code flow: block', undefined],
      ['Security info registration from trusted locations', 'it is for user actions'],
      ['Workloads outside the office', 'it is for workload identities'],
    ])
    expect(rejections).toEqual([
      'value[6].grantControls: nothing here can prove approvedApplication; with --deny-unprovable the policy is kept as never satisfied',
    ])
  })

  it('gives the same policies for the documents to store', () => {
    const options = { denyUnprovable: true }
    const first = parsed(exported, options)
    expect(first.policies).toHaveLength(12)
    expect(parsed(first.documents, options)).toEqual(first)
  })
})
