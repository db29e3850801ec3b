import type { AuthorityAlgorithm } from '../../lib/keys/signer.ts'
import { type Authority, readAuthority } from '../../lib/authority/authority.ts'
import { type Change, changeAuthority } from '../../lib/authority/change/changeAuthority.ts'
import { type Generation, offlineKeyReference } from '../../lib/authority/generation.ts'
import { moveGeneration } from '../../lib/authority/change/moveGeneration.ts'
import { bundleJwsType } from '../../lib/prepared/prepared.ts'
import { stageIssuer } from '../../lib/authority/change/stageIssuer.ts'
import { stageRoot } from '../../lib/authority/change/stageRoot.ts'
import {
  type Circumstances,
  findGeneration,
  type Plan,
  planActivate,
  planTaint,
} from '../../lib/authority/change/plan.ts'
import type { Tenant } from '../../lib/tenant/tenants.ts'
import { rawEcdsaSignature } from '../../lib/x509/derEcdsaSignature.ts'
import type { BundleExpectation } from '../../lib/bundle/trustBundle.ts'
import { defaultMarkerOid } from '../lib/profile/fixtures/markerOid.ts'
import type { Members } from '../tenants.ts'
import { ceremonyOf, createWorld, testTime, type World } from '../world.ts'

/** The JSON of a bundle, as a test changes it. */
export type BundleDocument = Record<string, unknown> & {
  readonly roots: Record<string, unknown>[]
  readonly issuers: Record<string, unknown>[]
  readonly crossCertificates: Record<string, unknown>[]
}

/** A tenant with an authority of its own, whose bundles are real, and whose roots also sign what a test makes up. */
export interface BundleWorld extends AsyncDisposable {
  readonly world: World
  readonly tenant: string
  /** As it is now. */
  readonly authority: Authority
  /** The bundle in force. */
  readonly jws: string
  readonly json: string
  /** What a relying party expects that pinned the first root and has installed nothing. */
  readonly expected: BundleExpectation
  root(number: number): Generation
  /** Each makes the next bundle and returns its JWS; nothing waits for anything. */
  stageIssuer(root: string): Promise<string>
  stageRoot(): Promise<string>
  activate(name: string): Promise<string>
  taint(name: string): Promise<string>
  /** Signs any text with a root, as a bundle is signed but for these members of the header. */
  sign(content: string | Uint8Array, options?: { root?: number; header?: Members | string }): Promise<string>
  /** Signs the JSON of the bundle in force with changes, by the first root. */
  signChanged(change: (document: BundleDocument) => void): Promise<string>
}

const base64url = (content: string | Uint8Array): string => Buffer.from(content).toString('base64url')

const rawSignature = (der: Uint8Array, algorithm: AuthorityAlgorithm): Uint8Array =>
  algorithm === 'RS256' ? der : rawEcdsaSignature(der, algorithm === 'ES256' ? 32 : 48)

/** Nobody waits: there is no window and no relying party. */
const circumstancesAt = (now: Date): Circumstances => ({
  now,
  publicationWindowSeconds: 0,
  leafLifetimeSeconds: 3600,
  backdateSeconds: 300,
  markerOid: defaultMarkerOid,
  relyingParties: [],
})

const open = async (world: World, tenant: Tenant): Promise<BundleWorld> => {
  const ceremony = ceremonyOf(world.tables, world.keys, world.now)
  const circumstances = circumstancesAt(world.now)
  const read = async (): Promise<Authority> => {
    const found = await readAuthority(world.tables, tenant.tenant)
    if (!found) throw new Error('The world has no authority.')
    return found
  }
  let authority = await read()
  const textOf = (file: 'trust.jws' | 'trust.json') =>
    Buffer.from(authority.bundle.encodings[file]).toString('utf8')
  const carryOut = async (change: Change | undefined): Promise<string> => {
    if (!change) throw new Error('There is nothing to change.')
    authority = await changeAuthority(tenant, { change, before: authority }, ceremony)
    return textOf('trust.jws')
  }
  const move = async (plan: Plan): Promise<string> => {
    const consent = { force: true, reason: 'a test' }
    authority = await moveGeneration(tenant, { plan, before: authority, consent }, ceremony)
    return textOf('trust.jws')
  }
  const opened: BundleWorld = {
    world,
    tenant: tenant.tenant,
    get authority() {
      return authority
    },
    get jws() {
      return textOf('trust.jws')
    },
    get json() {
      return textOf('trust.json')
    },
    expected: {
      tenant: tenant.tenant,
      anchors: [findGeneration(authority, 'root 1').digest],
      now: world.now,
    },
    root: (number) => findGeneration(authority, `root ${number}`),
    async stageIssuer(name) {
      const staging = { before: authority, root: findGeneration(authority, name) }
      return carryOut((await stageIssuer(tenant, staging, ceremony)).change)
    },
    async stageRoot() {
      return carryOut((await stageRoot(tenant, { before: authority, staging: {} }, ceremony)).change)
    },
    activate: async (name) => move(planActivate(authority, findGeneration(authority, name), circumstances)),
    taint: async (name) => move(planTaint(authority, findGeneration(authority, name), circumstances)),
    async sign(content, { root = 1, header = {} } = {}) {
      const { algorithm, certificate, keyReference } = opened.root(root)
      if (keyReference === offlineKeyReference) throw new Error('The key of the root is offline.')
      const x5c = [Buffer.from(certificate).toString('base64')]
      const whole =
        typeof header === 'string'
          ? header
          : JSON.stringify({ alg: algorithm, typ: bundleJwsType, x5c, ...header })
      const signed = `${base64url(whole)}.${base64url(content)}`
      const signature = await world.keys.forge(keyReference, Buffer.from(signed))
      return `${signed}.${base64url(rawSignature(signature, algorithm))}`
    },
    async signChanged(change) {
      const document = JSON.parse(opened.json) as BundleDocument
      change(document)
      return opened.sign(JSON.stringify(document))
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
  return opened
}

/** Makes a tenant and its authority with keys of this kind: two roots, an issuer, a cross certificate. */
export const createBundleWorld = async (
  algorithm: AuthorityAlgorithm = 'ES256',
  now = testTime,
  document: Members = {},
): Promise<BundleWorld> => {
  const world = await createWorld({ document: { ...document, authority: { algorithm } }, now })
  return open(world, await world.services.tenants.resolve(world.tenant))
}
