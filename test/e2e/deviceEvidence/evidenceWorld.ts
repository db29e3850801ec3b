import type { Tables } from '../../../lib/store/tables.ts'
import type { PolicySet } from '../../../lib/tenant/policySet.ts'
import { initAuthority } from '../../../lib/authority/change/initAuthority.ts'
import {
  azureTpmClaims,
  eatClaims,
  type TestAttestationService,
  testAttestationService,
} from '../../attestations.ts'
import { testTables } from '../../azurite.ts'
import { genericTrust, type Members, tenantDocument } from '../../tenants.ts'
import { genericTestIssuer, makeTokenKey, type TestIssuer, testUser } from '../../tokens.ts'
import { applyDocument, ceremonyOf, type DeviceKey, temporaryKeys } from '../../world.ts'
import { type IssuerSite, openIssuerSite } from '../issuerSite.ts'
import { evidenceHost } from './evidenceHost.ts'

/** What a client sends. */
export interface Asking {
  readonly tenant: string
  /** Changes of the claims of the compliance token. */
  readonly claims?: Members
  readonly key: DeviceKey
  readonly posture?: string
  readonly attestation?: string
}

/** What came of it. */
export interface Asked {
  readonly status: number
  /** Of the problem; `ok` with a certificate. */
  readonly code: string
  readonly document: Members
  readonly retryAfter: string | null
  /** How many signatures it cost. */
  readonly signatures: number
}

/** A service over HTTP, and everybody whose word about devices it takes. */
export interface EvidenceWorld extends AsyncDisposable {
  readonly site: IssuerSite
  readonly tables: Tables
  /** Signs compliance tokens. */
  readonly tokens: TestIssuer
  readonly posture: TestIssuer
  readonly azure: TestAttestationService
  /** Names the device of the test's user, too. */
  readonly eat: TestAttestationService
  /** Somebody whom no tenant trusts. */
  readonly stranger: TestIssuer
  /** Puts a tenant into force, whose own tokens prove nothing of devices unless it says so. */
  addTenant(tenant: string, changes: TenantChanges): Promise<void>
  ask(asking: Asking): Promise<Asked>
}

/** What of a tenant a test chooses. */
export interface TenantChanges {
  readonly evidence?: Members
  /** Changes of what it says about the issuer of compliance tokens. */
  readonly trust?: Members
  readonly policySet?: Partial<PolicySet>
}

const codeOf = (status: number, { type }: Members): string =>
  status < 300 ? 'ok' : String(type).replace('urn:mayfly:problem:', '')

const bodyOf = ({ key, posture, attestation }: Asking): string =>
  JSON.stringify({ csr: Buffer.from(key.csr()).toString('base64'), posture, attestation })

/** Opens it. @param settings those of the service that name a directory. */
export const openEvidenceWorld = async (
  settings: Readonly<Record<string, string>> = {},
): Promise<EvidenceWorld> => {
  const site = await openIssuerSite()
  const now = () => new Date()
  const [tokens, posture, stranger] = await Promise.all([
    genericTestIssuer(`${site.url}/tokens`, { now }),
    genericTestIssuer(`${site.url}/posture`, { now }),
    genericTestIssuer(`${site.url}/stranger`, { now }),
  ])
  const azure = await testAttestationService(`${site.url}/azure`, { now, claims: azureTpmClaims })
  const eat = await testAttestationService(`${site.url}/eat`, {
    now,
    claims: (keyHash) => ({ ...eatClaims(keyHash), device_id: testUser.deviceId }),
    key: await makeTokenKey('ES256'),
  })
  site.issuers.push(tokens, posture, stranger, azure, eat)
  const tables = await testTables()
  const keys = await temporaryKeys()
  const host = await evidenceHost({ tables, signerSource: keys, settings })
  return {
    site,
    tables,
    tokens,
    posture,
    azure,
    eat,
    stranger,
    async addTenant(tenant, { evidence, trust, policySet }) {
      const trusted = genericTrust(tokens, { audience: `urn:vpn:${tenant}`, ...trust })
      const document = tenantDocument(tenant, [trusted], evidence ? { evidence } : {})
      const revision = await applyDocument(tables, document, new Date(), policySet)
      await initAuthority(revision, ceremonyOf(tables, keys, new Date()))
    },
    async ask(asking) {
      const before = keys.signatures
      const token = await tokens.token({ claims: { aud: `urn:vpn:${asking.tenant}`, ...asking.claims } })
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const url = `${host.url}/v1/${asking.tenant}/certificates`
      const response = await fetch(url, { method: 'POST', headers, body: bodyOf(asking) })
      const document = (await response.json()) as Members
      return {
        status: response.status,
        code: codeOf(response.status, document),
        document,
        retryAfter: response.headers.get('retry-after'),
        signatures: keys.signatures - before,
      }
    },
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]()
      await Promise.all([site, keys].map((part) => part[Symbol.asyncDispose]()))
    },
  }
}
