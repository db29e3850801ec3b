import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
} from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Authority } from '../lib/authority/authority.ts'
import type { Ceremony } from '../lib/authority/change/changeAuthority.ts'
import { initAuthority } from '../lib/authority/change/initAuthority.ts'
import { openServices, type Services, type ServicesOptions } from '../lib/enroll/services.ts'
import { enroll, type Enrolled, type Enrollment } from '../lib/enroll/enroll.ts'
import { type Deadline, openDeadline } from '../lib/deadline/deadline.ts'
import { localKeys } from '../lib/keys/localKeys.ts'
import type { KeyProvider, Signer, SignerSource, SigningKey } from '../lib/keys/signer.ts'
import type { Tables } from '../lib/store/tables.ts'
import { parseConfiguration } from '../lib/tenant/configuration.ts'
import { applyRevision } from '../lib/tenant/applyRevision.ts'
import { noPolicies, type PolicySet } from '../lib/tenant/policySet.ts'
import type { Tenant } from '../lib/tenant/tenants.ts'
import {
  encodeBitString,
  encodeContext,
  encodeSequence,
  encodeSmallInteger,
} from '../lib/x509/encodeElement.ts'
import { encodeName } from '../lib/x509/encodeName.ts'
import { signatureAlgorithms } from '../lib/x509/signatureAlgorithm.ts'
import { testTables } from './azurite.ts'
import { type WatchedTables, watchTables } from './lib/store/watchTables.ts'
import { genericTrust, type Members, tenantDocument } from './tenants.ts'
import { genericTestIssuer, type TestIssuer, testNetwork, type TestNetwork } from './tokens.ts'

/** A key that a test enrolls, with certification requests for it. */
export interface DeviceKey {
  readonly privateKey: KeyObject
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** Makes a DER certification request: a new signature each time. */
  csr(): Uint8Array
}

/** Makes a P-256 key, as a device does before it enrolls. */
export const makeDeviceKey = (): DeviceKey => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const info = encodeSequence(encodeSmallInteger(0), encodeName([['CN', 'mallory']]), spki, encodeContext(0))
  return {
    privateKey,
    spki,
    csr: () =>
      encodeSequence(
        info,
        signatureAlgorithms.ES256.identifier,
        encodeBitString(sign('sha256', info, privateKey)),
      ),
  }
}

/** Signs in place of a real signer, which it is given. */
export type SignInstead = (signer: Signer, ...asked: Parameters<SigningKey['sign']>) => Promise<Uint8Array>

/** Answers a probe in place of a real signer, which it is given. */
export type ProbeInstead = (signer: Signer, ...asked: Parameters<SigningKey['probe']>) => Promise<Uint8Array>

/** Local keys whose signatures are counted and can be made to go wrong. */
export interface WatchedKeys extends KeyProvider {
  probeInstead: ProbeInstead | undefined
  signatures: number
  opened: number
  signInstead: SignInstead | undefined
}

/** Watches the signers of a key provider. */
export const watchKeys = (keys: KeyProvider): WatchedKeys => {
  const watched: WatchedKeys = {
    signatures: 0,
    opened: 0,
    signInstead: undefined,
    probeInstead: undefined,
    create: (name, algorithm) => keys.create(name, algorithm),
    holds: (keyReference) => keys.holds(keyReference),
    async open(keyReference) {
      watched.opened += 1
      const signer = await keys.open(keyReference)
      return {
        algorithm: signer.algorithm,
        publicKey: signer.publicKey,
        sign(...asked) {
          watched.signatures += 1
          return watched.signInstead?.(signer, ...asked) ?? signer.sign(...asked)
        },
        probe(...asked) {
          watched.signatures += 1
          return watched.probeInstead?.(signer, ...asked) ?? signer.probe(...asked)
        },
      }
    },
  }
  return watched
}

/** Local keys in a folder of their own, which goes when the test ends. */
export interface TemporaryKeys extends WatchedKeys, AsyncDisposable {
  /** Signs any octets, as a thief of the key's file does: the signers of the product sign only what is prepared. */
  forge(keyReference: string, octets: Uint8Array): Promise<Uint8Array>
}

/** Makes them. */
export const temporaryKeys = async (): Promise<TemporaryKeys> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-test-'))
  return Object.assign(watchKeys(localKeys(folder)), {
    async forge(keyReference: string, octets: Uint8Array) {
      const key = createPrivateKey(await readFile(join(folder, `${keyReference.slice('local:'.length)}.pem`)))
      return sign(key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256', octets, key)
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  })
}

/** A tenant id that no other test has. */
export const uniqueTenantId = (): string => `t${randomUUID()}`

/** When tests take place, unless they say otherwise. */
export const testTime = new Date('2026-03-02T10:00:00.250Z')

/** The tables of this test file, whose calls are watched; with ledgers of the days around a time. */
export const watchedTestTables = async (at = testTime): Promise<WatchedTables> =>
  watchTables(await testTables(at))

/** Who changes things in tests. */
export const tester = (now: Date, name = 'tester') =>
  ({ actor: { kind: 'local', name }, now, reason: '' }) as const

/** Who changes the list of relying parties in tests. */
export const partyTester = (now: Date, name?: string) => ({ ...tester(now, name), changeId: randomUUID() })

/** How tests put a configuration into force, whichever is. */
export const applicationOf = (now: Date) =>
  ({ ...tester(now), base: 'any', action: 'apply', forced: [] }) as const

/** What changing an authority needs: root and issuer keys in one place. */
export const ceremonyOf = (tables: Tables, keys: KeyProvider, now = testTime): Ceremony => ({
  tables,
  rootKeys: keys,
  issuerKeys: keys,
  random: (octets) => randomBytes(octets),
  uuid: randomUUID,
  ...tester(now),
})

/** What a document and a set of policies put into force. */
export const contentOf = (document: unknown, policySet: Partial<PolicySet> = {}) => ({
  configuration: parseConfiguration(document),
  policySet: { ...noPolicies, ...policySet },
})

/** Puts a document into force, with these policies alone. */
export const applyDocument = (
  tables: Tables,
  document: Members,
  now = testTime,
  policySet: Partial<PolicySet> = {},
) => applyRevision(tables, contentOf(document, policySet), applicationOf(now))

/** Time enough, however busy the machine is. */
export const ampleTime = (): Deadline => openDeadline(60_000, () => performance.now())

/** A request as a test sends it; what it leaves out is good. */
export interface TestEnrollment {
  readonly tenant?: string
  readonly token?: string
  readonly csr?: Uint8Array
  readonly key?: DeviceKey
  readonly clientIp?: string
}

/** A request whose certification request is there already. */
export const enrollmentOf = ({
  tenant,
  token,
  csr,
  clientIp,
  posture,
  attestation,
}: Pick<Enrollment, 'tenant' | 'token'> & {
  readonly csr: Uint8Array
  readonly posture?: string | undefined
  readonly attestation?: string | undefined
  readonly clientIp?: string | undefined
}): Enrollment => ({
  tenant,
  token,
  clientIp,
  readBody: () => Promise.resolve({ csr, posture, attestation }),
})

/** Everything from the token issuer to the ledger, with one tenant. */
export interface World extends AsyncDisposable {
  /** The time in the world, which stands still until a test sets it. */
  now: Date
  readonly tenant: string
  readonly issuer: TestIssuer
  readonly network: TestNetwork
  readonly tables: WatchedTables
  readonly keys: TemporaryKeys
  readonly services: Services
  /** Applies another document and makes its tenant's authority. */
  addTenant(
    document: Members,
    policySet?: Partial<PolicySet>,
  ): Promise<{ readonly tenant: Tenant; readonly authority: Authority }>
  /** Enrolls; without a token or key with new ones. */
  enroll(request?: TestEnrollment): Promise<Enrolled>
}

/** What of a world a test chooses. */
export interface WorldOptions {
  /** Changes of what the tenant says about its token issuer. */
  readonly trust?: Members
  /** Changes of the tenant's document. */
  readonly document?: Members
  readonly policySet?: Partial<PolicySet>
  /** More issuers whose keys can be fetched. */
  readonly issuers?: readonly TestIssuer[]
  /** When it begins; programs of others know no other time than that of the clock. */
  readonly now?: Date
}

/**
 * Makes the services anew on the same tables and keys, as another instance of the app has them. Storms come at it as no
 * platform lets them: it has places for all.
 */
export const servicesOf = (
  tables: Tables,
  {
    network,
    source,
    ...parts
  }: { network: TestNetwork; source: SignerSource } & Pick<ServicesOptions, 'now'> & Partial<ServicesOptions>,
): Services =>
  openServices({
    tables,
    signerSource: source,
    fetchJson: network.fetchJson,
    clock: () => performance.now(),
    random: (octets) => randomBytes(octets),
    uuid: randomUUID,
    chance: Math.random,
    requestsAtOnce: 1_000,
    ...parts,
  })

/** A token that its client kept for a minute: whether it was spent meanwhile is looked up. */
export const oldToken = ({ issuer, now }: Pick<World, 'issuer' | 'now'>): Promise<string> =>
  issuer.token({ claims: { iat: Math.floor(now.getTime() / 1000) - 60 } })

/** Makes a world: applies a tenant that trusts a generic issuer, and makes its authority. */
export const createWorld = async ({
  trust,
  document,
  policySet,
  issuers = [],
  now: begin = testTime,
}: WorldOptions = {}): Promise<World> => {
  const now = () => world.now
  const tenant = uniqueTenantId()
  const issuer = await genericTestIssuer(`https://issuer.example/${tenant}`, { now: () => world.now })
  const network = testNetwork([issuer, ...issuers])
  const tables = await watchedTestTables(begin)
  const keys = await temporaryKeys()
  const services = servicesOf(tables, { network, source: keys, now })
  const world: World = {
    now: begin,
    tenant,
    issuer,
    network,
    tables,
    keys,
    services,
    async addTenant(added, policies) {
      const revision = await applyDocument(tables, added, world.now, policies)
      const ceremony = ceremonyOf(tables, keys, world.now)
      const { authority } = await initAuthority(revision, ceremony)
      return { tenant: revision, authority }
    },
    async enroll({ key = makeDeviceKey(), ...request } = {}) {
      const token = request.token ?? (await issuer.token())
      const csr = request.csr ?? key.csr()
      return enroll(enrollmentOf({ tenant, ...request, token, csr }), services)
    },
    [Symbol.asyncDispose]: () => keys[Symbol.asyncDispose](),
  }
  await world.addTenant(tenantDocument(tenant, [genericTrust(issuer, trust)], document), policySet)
  keys.signatures = 0
  tables.calls.length = 0
  return world
}
