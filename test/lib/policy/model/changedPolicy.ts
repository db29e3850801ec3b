import { expect } from 'vitest'
import { parsePolicies, type PolicyOptions } from '../../../../lib/policy/model/parsePolicies.ts'
import type { LivePolicy } from '../../../../lib/policy/model/policy.ts'
import { printRejection } from '../../../../lib/policy/model/rejection.ts'
import { policyDocument as compliantDevice } from '../../../policies.ts'
import type { Members } from '../../../tenants.ts'

const withMember = (value: unknown, [name, ...rest]: readonly string[], member: unknown): unknown =>
  name === undefined
    ? member
    : { ...(value as Members), [name]: withMember((value as Members)?.[name], rest, member) }

const plain = { id: 'aaaaaaaa-0000-4000-8000-000000000001', ...compliantDevice('Plain') }

/**
 * Makes Graph's document of a policy that asks all users for a compliant device, but for some changes.
 * @param changes members by their path, such as `conditions.users`; undefined leaves one out.
 */
export const changedPolicy = (changes: Members = {}): unknown =>
  JSON.parse(
    JSON.stringify(
      Object.entries(changes).reduce<unknown>(
        (document, [path, member]) => withMember(document, path.split('.'), member),
        plain,
      ),
    ),
  )

/** An application of the tenants of parsedPolicies() that means this service; `api://mayfly` is another. */
export const vpnServer = 'eeeeeeee-0000-4000-8000-000000000001'

/** Parses a file, and prints what is said of it. */
export const parsedPolicies = (file: unknown, options: Partial<PolicyOptions> = {}) => {
  const { entries, rejections } = parsePolicies(file, {
    applicationIds: [vpnServer.toUpperCase(), 'api://mayfly'],
    denyUnprovable: false,
    ...options,
  })
  return {
    policies: entries.map(({ value }) => value),
    documents: entries.map(({ document }) => document),
    rejections: rejections.map(printRejection),
  }
}

/** Makes a policy of changedPolicy(), which must be taken. */
export const livePolicy = (changes: Members, options: Partial<PolicyOptions> = {}): LivePolicy => {
  const { policies, rejections } = parsedPolicies(changedPolicy(changes), options)
  expect(rejections).toEqual([])
  const [policy] = policies
  if (policy === undefined || policy.never !== undefined)
    throw new Error(`It never applies: ${policy?.never}`)
  return policy
}
