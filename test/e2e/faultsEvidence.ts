import { createHash, randomUUID } from 'node:crypto'
import type { Directory } from '../../lib/directory/directory.ts'
import { openDirectory } from '../../lib/directory/openDirectory.ts'
import type { RequestTimes } from '../../lib/deadline/requestTimes.ts'
import type { PolicySet } from '../../lib/tenant/policySet.ts'
import { azurePolicyHash, azureTpmClaims, testAttestationService } from '../attestations.ts'
import type { Members } from '../tenants.ts'
import { genericTestIssuer, testUser } from '../tokens.ts'
import type { DeviceKey } from '../world.ts'
import { windowsPolicy } from './deviceEvidence/compliancePolicy.ts'
import { healthyDevice, openGraphSite } from './deviceEvidence/graphSite.ts'
import { type FaultyServer, faultyServer } from './faultsServer.ts'

/** Sources of evidence beside the compliance token. */
export type FaultsEvidence = 'posture' | 'attestation' | 'directory'

/** What a client sends of the device. */
export interface PresentedEvidence {
  readonly posture?: string
  readonly attestation?: string
}

/** One source: what of the tenant names it, and the server that it is asked at. */
export interface EvidenceSource extends AsyncDisposable {
  /** Its keys, or Graph. */
  readonly server: FaultyServer
  /** Changes of what the tenant says about its token issuer, and claims that it then reads. */
  readonly trust: Members
  readonly claims: Members
  /** The member `evidence` of the tenant's document. */
  readonly evidence: Members
  readonly policySet: Partial<PolicySet>
  /** Whether the identity of the app gets no token any more. */
  isIdentityGone: boolean
  directory(parts: DirectoryParts): Directory | undefined
  present(key: DeviceKey): Promise<PresentedEvidence>
}

/** Of the app that asks. */
export interface DirectoryParts {
  readonly times: RequestTimes
  readonly now: () => Date
  readonly clock: () => number
}

type OpenSource = (now: () => Date) => Promise<EvidenceSource>

/** Serves documents at the URL of a server that can fail. */
const documentsServer = async (documents: () => Readonly<Record<string, unknown>>): Promise<FaultyServer> => {
  const server = await faultyServer({
    nameOf: ({ target }) => (target.startsWith('/.well-known') ? 'discovery' : 'keys'),
    answer: ({ target }) => {
      const found = documents()[`${server.url}${target}`]
      const headers = { 'content-type': 'application/json' }
      return Promise.resolve({
        status: found ? 200 : 404,
        headers,
        body: Buffer.from(JSON.stringify(found ?? {})),
      })
    },
  })
  return server
}

const plain = () => ({ trust: {}, claims: {}, isIdentityGone: false, directory: () => undefined })

const postureSource: OpenSource = async (now) => {
  const parts: { documents?: () => Readonly<Record<string, unknown>> } = {}
  const server = await documentsServer(() => parts.documents?.() ?? {})
  const issuer = await genericTestIssuer(server.url, { now, audience: 'urn:posture' })
  parts.documents = () => issuer.documents()
  const facts = { platform: 'platform', firewallEnabled: 'firewall' }
  const entry = { issuer: server.url, audience: 'urn:posture', deviceIdClaim: 'device_id', facts }
  return {
    server,
    evidence: { posture: [entry] },
    policySet: { compliancePolicies: [windowsPolicy({ activeFirewallRequired: true })] },
    ...plain(),
    present: async () => ({
      posture: await issuer.token({ claims: { platform: 'windows', firewall: true } }),
    }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const attestationSource: OpenSource = async (now) => {
  const parts: { documents?: () => Readonly<Record<string, unknown>> } = {}
  const server = await documentsServer(() => parts.documents?.() ?? {})
  const service = await testAttestationService(server.url, { now, claims: azureTpmClaims })
  parts.documents = () => service.documents()
  const entry = { kind: 'azure', issuer: server.url, policyHashes: [azurePolicyHash] }
  return {
    server,
    evidence: { anyMachine: true, attestation: [entry] },
    policySet: { compliancePolicies: [windowsPolicy({ secureBootEnabled: true })] },
    ...plain(),
    trust: { signals: { platform: 'platform' } },
    claims: { platform: 'windows' },
    present: async ({ spki }) => ({
      attestation: await service.attest(createHash('sha256').update(spki).digest('hex')),
    }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const directoryId = '6b0f3c1e-2a54-4c39-9c55-0f5c6b1f7a20'
const userId = '8d7f0c52-6a4e-4f0b-9f77-2f0b6d1c5e90'

const directorySource: OpenSource = async () => {
  const graph = await openGraphSite()
  // Somebody else owns it: whether the user is one of its users takes a second request.
  const owners = [randomUUID()]
  graph.devices.set(testUser.deviceId, healthyDevice(userId, { owners }))
  const source: EvidenceSource = {
    server: graph,
    trust: {},
    claims: { oid: userId },
    evidence: { directory: { kind: 'entra', directoryId, userIdClaim: 'oid' } },
    policySet: {},
    isIdentityGone: false,
    directory: (parts) =>
      openDirectory({
        ...parts,
        directoryId,
        origin: graph.url,
        credential: {
          getToken: () =>
            source.isIdentityGone
              ? Promise.reject(new Error('No identity answers.'))
              : Promise.resolve({ token: 'of the identity', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
        },
        onFailure: () => undefined,
      }),
    present: () => Promise.resolve({}),
    [Symbol.asyncDispose]: () => graph[Symbol.asyncDispose](),
  }
  return source
}

/** Opens a source of evidence, all of whose answers can be made to fail. */
export const openEvidenceSource: Readonly<Record<FaultsEvidence, OpenSource>> = {
  posture: postureSource,
  attestation: attestationSource,
  directory: directorySource,
}
