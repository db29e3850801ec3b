import type { LivePolicy, Policy, UsersCondition } from './policy.ts'

const nobody: UsersCondition = {
  all: false,
  anyGuest: false,
  users: [],
  groups: [],
  roles: [],
  guests: undefined,
}

/** Stands in where a tenant has no policies: every user, from everywhere, needs a compliant device. */
export const defaultPolicy: LivePolicy = {
  id: 'default',
  displayName: 'Compliant device, all users (there are no policies)',
  state: 'enabled',
  never: undefined,
  conditions: {
    users: { include: { ...nobody, all: true }, exclude: nobody },
    platforms: undefined,
    locations: undefined,
    deviceFilter: undefined,
    signInRisk: undefined,
    userRisk: undefined,
    insiderRisk: undefined,
    transferMethods: undefined,
  },
  grant: { kind: 'require', operator: 'OR', controls: [{ kind: 'compliantDevice' }] },
  signInFrequency: undefined,
  meaningless: [],
}

/** Gives the policies that a tenant is decided by: the default one where it has none. */
export const decidingPolicies = (policies: readonly Policy[]): readonly Policy[] =>
  policies.length === 0 ? [defaultPolicy] : policies
