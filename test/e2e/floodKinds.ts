import { randomBytes, randomUUID } from 'node:crypto'
import { hostLimits } from '../../lib/admission/hostLimits.ts'
import type { TestIssuer, TokenChanges } from '../tokens.ts'
import { makeDeviceKey } from '../world.ts'
import type { FloodWorld } from './floodWorld.ts'
import type { LoadRequest } from './sendRequests.ts'

/** A flood by name, and what its requests may be answered: nothing else, and no certificate but to whoever may have one. */
export interface FloodKind {
  readonly name: string
  readonly statuses: readonly number[]
  make(world: FloodWorld, index: number): Promise<LoadRequest>
  /** Makes the world what the flood is about. @returns what undoes it. */
  readonly arrange?: (world: FloodWorld) => () => void
}

const user = (name: string): TokenChanges => {
  const subject = `${name}-${randomUUID()}`
  return { claims: { sub: subject, upn: `${subject}@contoso.example` } }
}

/** A good token of a user whom nobody has seen before. */
export const newUser = (issuer: TestIssuer): Promise<string> => issuer.token(user('user'))

const base64url = (octets: number) => randomBytes(octets).toString('base64url')

const csr = makeDeviceKey().csr()

const enrollment = (tenant: string, token: string, body: Uint8Array = csr): LoadRequest => ({
  path: `/v1/${tenant}/certificates`,
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/pkcs10' },
  body,
})

const garbage = () => `${base64url(60)}.${base64url(400)}.${base64url(64)}`

/** As much as the host lets through to a function. */
const largeBody = Buffer.alloc(hostLimits.bodyOctets)

const unknownKey: FloodKind['make'] = async ({ calm, stranger }) => {
  const { tenant, issuer } = calm
  const key = { ...stranger, kid: randomUUID() }
  return enrollment(tenant, await issuer.token({ ...user('forged'), key }))
}

const manyUsers: FloodKind['make'] = async ({ greedy: { tenant, issuer } }, index) => {
  const subject = `user-${index % 1_000}`
  return enrollment(
    tenant,
    await issuer.token({ claims: { sub: subject, upn: `${subject}@contoso.example` } }),
  )
}

/** All that a tenant that behaves well has to put up with. */
export const floodKinds: readonly FloodKind[] = [
  {
    name: 'garbage for tokens, at its own URL',
    statuses: [401, 503],
    make: async ({ calm }) => enrollment(calm.tenant, garbage()),
  },
  {
    name: 'tokens with bad signatures, at its own URL',
    statuses: [401, 503],
    async make({ calm: { tenant, issuer }, stranger }) {
      // The kid is that of the issuer: the signature has to be looked at.
      const key = { ...stranger, kid: issuer.key.kid }
      return enrollment(tenant, await issuer.token({ ...user('forged'), key }))
    },
  },
  { name: 'tokens with unknown keys, at its own URL', statuses: [401, 503], make: unknownKey },
  {
    name: 'the same, while its token issuer hangs',
    statuses: [401, 503],
    make: unknownKey,
    arrange: ({ site, calm }) => site.hang(calm.issuer),
  },
  {
    name: 'large bodies, at its own URL',
    statuses: [413],
    make: async ({ calm }) => enrollment(calm.tenant, garbage(), largeBody),
  },
  {
    name: 'replays of one of its own tokens',
    statuses: [200, 201, 429, 503],
    make: async ({ calm, replayed }) => enrollment(calm.tenant, replayed),
  },
  {
    name: 'adoptions of one of its own servers',
    statuses: [200, 429, 503],
    make: async ({ calm, party, sha256 }) => ({
      path: `/v1/${calm.tenant}/adoptions`,
      headers: {
        authorization: `Basic ${Buffer.from(`${party.name}:${party.secret}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: Buffer.from(JSON.stringify({ sha256 })),
    }),
  },
  {
    name: 'tenants that do not exist',
    statuses: [404, 503],
    make: async ({ calm }) => enrollment(`t${randomUUID()}`, await newUser(calm.issuer)),
  },
  {
    name: 'a greedy tenant with good tokens',
    statuses: [200, 201, 429, 503],
    make: manyUsers,
  },
  {
    name: 'the same, while its vault is slow',
    statuses: [200, 201, 429, 503],
    make: manyUsers,
    arrange: ({ slowDown, greedy }) => slowDown(greedy),
  },
]
