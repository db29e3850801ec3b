import type { Tenant } from '../../tenant/tenants.ts'
import type { Authority } from '../authority.ts'
import { type Ceremony, nextSequence } from './changeAuthority.ts'
import { type Generation, generationId, generationNumber, newGeneration } from '../generation.ts'

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

/** Lists what tells one generation from another when it is made; a root signs itself. */
interface Parts extends Pick<Generation, 'kind' | 'state' | 'certificate' | 'algorithm' | 'keyReference'> {
  readonly number: number
  readonly signedBy?: string
}

/** Completes a generation that is new to the bundle which the change makes. */
export const made = (
  { tenant }: Tenant,
  before: Authority | undefined,
  { number, signedBy, ...parts }: Parts,
  { now }: Pick<Ceremony, 'now'>,
): Generation => {
  const id = generationId(parts.kind, number)
  const published = { publishedSequence: nextSequence(before), publishedAt: now, changedAt: now }
  return newGeneration({ tenant, ...parts, id, signedBy: signedBy ?? id, ...published })
}
