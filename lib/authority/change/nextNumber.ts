import type { Tenant } from '../../tenant/tenants.ts'
import type { Authority } from '../authority.ts'
import type { Ceremony } from './changeAuthority.ts'
import { type Generation, generationNumber, newGeneration } from '../generation.ts'

const nameFor = ({ tenant, configuration }: Tenant, what: string): string =>
  `${tenant}.${what}-${configuration.authority.algorithm.toLowerCase()}`

/** The name of a generation's key; one that was made for another algorithm is not in its way. */
export const keyName = (tenant: Tenant, kind: Generation['kind'], number: number): string =>
  nameFor(tenant, `${kind}-${number}`)

/** The name of the key that a root is asked to certify: no issuer beneath another root shares it. */
export const requestedKeyName = (tenant: Tenant, number: number, root: Pick<Generation, 'id'>): string =>
  nameFor(tenant, `issuer-${number}-root-${generationNumber(root)}`)

/** The next number of a kind. */
export const nextNumber = (before: Authority | undefined, kind: Generation['kind']): number =>
  1 + Math.max(0, ...(before?.generations ?? []).filter((one) => one.kind === kind).map(generationNumber))

/** A staged generation will do while half of its life is left: whoever stages one wants one that lasts. */
export const isFresh = ({ tbs }: Pick<Generation, 'tbs'>, now: Date): boolean =>
  tbs.notAfter.getTime() - now.getTime() >= (tbs.notAfter.getTime() - tbs.notBefore.getTime()) / 2

/** A generation that is new to the bundle which the change makes. */
export const made = (
  tenant: Tenant,
  parts: Pick<
    Generation,
    'kind' | 'certificate' | 'algorithm' | 'keyReference' | 'signedBy' | 'state' | 'id' | 'publishedSequence'
  >,
  { now }: Pick<Ceremony, 'now'>,
): Generation => newGeneration({ tenant: tenant.tenant, ...parts, publishedAt: now, changedAt: now })
