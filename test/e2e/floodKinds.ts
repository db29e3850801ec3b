import { randomBytes, randomUUID } from 'node:crypto'
import type { TestIssuer, TokenChanges } from '../tokens.ts'
import type { FloodWorld } from './floodWorld.ts'

/** One request of a flood: who asks whom. */
export interface FloodRequest {
  readonly tenant: string
  readonly token: string
}

/** A flood by name, and what its requests may be answered: nothing else, and no certificate but to the greedy. */
export interface FloodKind {
  readonly name: string
  readonly statuses: readonly number[]
  make(world: FloodWorld, index: number): Promise<FloodRequest>
}

const user = (name: string): TokenChanges => {
  const subject = `${name}-${randomUUID()}`
  return { claims: { sub: subject, upn: `${subject}@contoso.example` } }
}

/** A good token of a user whom nobody has seen before. */
export const newUser = (issuer: TestIssuer): Promise<string> => issuer.token(user('user'))

const base64url = (octets: number) => randomBytes(octets).toString('base64url')

/** What a tenant that behaves well has to put up with. */
export const floodKinds: readonly FloodKind[] = [
  {
    name: 'garbage for tokens, at its own URL',
    statuses: [401, 503],
    make: async ({ calm }) => ({
      tenant: calm.tenant,
      token: `${base64url(60)}.${base64url(400)}.${base64url(64)}`,
    }),
  },
  {
    name: 'tokens with bad signatures, at its own URL',
    statuses: [401, 503],
    async make({ calm, stranger }) {
      const { tenant, issuer } = calm
      // The kid is that of the issuer: the signature has to be looked at.
      const key = { ...stranger, kid: issuer.key.kid }
      return { tenant, token: await issuer.token({ ...user('forged'), key }) }
    },
  },
  {
    name: 'tokens with unknown keys, at its own URL',
    statuses: [401, 503],
    async make({ calm, stranger }) {
      const { tenant, issuer } = calm
      const key = { ...stranger, kid: randomUUID() }
      return { tenant, token: await issuer.token({ ...user('forged'), key }) }
    },
  },
  {
    name: 'tenants that do not exist',
    statuses: [404, 503],
    make: async ({ calm }) => ({ tenant: `t${randomUUID()}`, token: await newUser(calm.issuer) }),
  },
  {
    name: 'a greedy tenant with good tokens',
    statuses: [200, 201, 429, 503],
    async make({ greedy }, index) {
      const { tenant, issuer } = greedy
      const subject = `user-${index % 1_000}`
      const claims = { sub: subject, upn: `${subject}@contoso.example` }
      return { tenant, token: await issuer.token({ claims }) }
    },
  },
]
