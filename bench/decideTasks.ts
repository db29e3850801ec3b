import { GCProfiler } from 'node:v8'
import { compilePolicies, type Policies } from '../lib/policy/compilePolicies.ts'
import { decide } from '../lib/policy/decide.ts'
import { defaultPolicy } from '../lib/policy/model/defaultPolicy.ts'
import { maxPolicies } from '../lib/policy/model/parsePolicies.ts'
import { maxLocations, maxRanges } from '../lib/policy/model/parseLocations.ts'
import type { NamedLocation } from '../lib/policy/model/policy.ts'
import type { Signals } from '../lib/policy/signals/signals.ts'
import { compiled, graphPolicy, officeSignals } from '../test/lib/policy/policySet.ts'
import { allocatedIn } from './http/processCost.ts'
import { type Task, task } from './measure.ts'

type Conditions = Parameters<typeof graphPolicy>[1]

const groupOf = (number: number) => `0000${1_000 + number}-0000-4000-8000-000000000000`

/** As many groups as a token of Entra holds. */
const signals: Signals = {
  ...officeSignals,
  groups: Array.from({ length: 200 }, (_, number) => groupOf(number)),
}

const office = {
  '@odata.type': '#microsoft.graph.ipNamedLocation',
  id: 'office',
  displayName: 'Office',
  isTrusted: true,
  ipRanges: [{ cidrAddress: '203.0.113.0/24' }],
}

/** Three policies that a tenant begins with. */
const three = [
  graphPolicy('compliant or hybrid', {}, { grant: ['compliantDevice', 'domainJoinedDevice'] }),
  graphPolicy('high risk blocked', { signInRiskLevels: ['high'] }, { grant: ['block'] }),
  graphPolicy('mfa elsewhere', {
    locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] },
  }),
]

const more = (count: number, conditions: (number: number) => Conditions) =>
  Array.from({ length: count }, (_, number) => graphPolicy(`policy ${number}`, conditions(number)))

/** Each for a group that the user is in, and for their platform. */
const applying = (number: number): Conditions => ({
  users: { includeGroups: [groupOf(number % 200)] },
  platforms: { includePlatforms: ['windows', 'macOS'] },
})

/** Each for a group that the user is not in, and for another platform. */
const foreign = (number: number): Conditions => ({
  users: { includeGroups: [groupOf(500 + number)] },
  platforms: { includePlatforms: ['android', 'iOS'] },
})

const policiesWith = (count: number, conditions: (number: number) => Conditions): Policies =>
  compiled([...three, ...more(count - three.length, conditions)], { locations: [office] })

const ranges = (network: number): readonly string[] =>
  Array.from({ length: maxRanges }, (_, number) => `${network + 1}.${number >> 8}.${number & 0xff}.0/25`)

/** As many networks as a tenant can name, each of as many ranges, and one policy that names them all. */
const withNetworks = (): Policies => {
  const locations = Array.from({ length: maxLocations }, (_, network): NamedLocation => ({
    kind: 'networks',
    id: `network ${network}`,
    displayName: `Network ${network}`,
    isTrusted: false,
    ranges: ranges(network),
  }))
  const include = locations.map(({ id }) => id)
  const conditions = { ...defaultPolicy.conditions, locations: { include, exclude: [] } }
  const policy = { ...defaultPolicy, conditions, grant: { kind: 'block' } as const }
  return compilePolicies({ policies: [policy], locations, compliancePolicies: [], lifetimes: {} })
}

const deciding = (name: string, policies: Policies): Task =>
  task({ name, inputs: [undefined], run: () => decide(policies, signals) })

/** Makes tasks of decisions alone: what one costs, and what it grows with. */
export const decideTasks = (): readonly Task[] => [
  ...[3, 50, maxPolicies].map((count) =>
    deciding(`${count} policies, all of which apply`, policiesWith(count, applying)),
  ),
  ...[50, maxPolicies].map((count) =>
    deciding(`${count} policies, three of which apply`, policiesWith(count, foreign)),
  ),
  deciding(`${maxLocations} networks of ${maxRanges} ranges`, withNetworks()),
]

const decisionsMeasured = 20_000

const octetsOf = (policies: Policies): number => {
  for (let call = 0; call < decisionsMeasured; call++) decide(policies, signals)
  const profiler = new GCProfiler()
  const atFirst = process.memoryUsage().heapUsed
  profiler.start()
  for (let call = 0; call < decisionsMeasured; call++) decide(policies, signals)
  const { statistics } = profiler.stop()
  const octets = allocatedIn(statistics, { atFirst, atLast: process.memoryUsage().heapUsed })
  return Math.round(octets / decisionsMeasured)
}

/** Counts the octets that a decision allocates, beside policies that do not apply. */
export const decideAllocations = () =>
  [3, 50, maxPolicies].map((count) => ({ policies: count, octets: octetsOf(policiesWith(count, foreign)) }))
