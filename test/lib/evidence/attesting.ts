import { attestationEvidence } from '../../../lib/evidence/attestationEvidence.ts'
import type { TokenWord } from '../../../lib/evidence/evidenceOrder.ts'
import { evidence } from '../../../lib/tenant/evidence.ts'
import { keySets } from '../../../lib/token/keySets.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { azurePolicyHash, azureTpmClaims, eatClaims, testAttestationService } from '../../attestations.ts'
import type { Members } from '../../tenants.ts'
import { makeTokenKey, testNetwork, type TokenChanges } from '../../tokens.ts'
import { makeDeviceKey } from '../../world.ts'
import { now, verifyGeneric } from '../token/verifying.ts'

/** An instance of Azure Attestation. */
export const azure = await testAttestationService('https://contoso.eus.attest.azure.net', {
  now: () => now,
  claims: azureTpmClaims,
})

/** A service of Entity Attestation Tokens. */
export const attester = await testAttestationService('https://attester.example', {
  now: () => now,
  claims: eatClaims,
  key: await makeTokenKey('ES256'),
})

/** How a tenant trusts the one. */
export const azureTrust: Members = { kind: 'azure', issuer: azure.url, policyHashes: [azurePolicyHash] }

/** How a tenant trusts the other. */
export const attesterTrust: Members = {
  kind: 'eat',
  issuer: attester.url,
  binding: { path: 'eat_nonce' },
  facts: {
    secureBoot: 'oemboot',
    bootDebugging: { claim: 'dbgstat', values: { enabled: true, 'disabled-since-boot': false } },
  },
}

/** A key to enroll, as its verified request. */
export const makeCsr = () => verifyCsr(makeDeviceKey().csr())
/** The key that enrolls, and one that another machine enrolls. */
export const csr = makeCsr()
export const otherCsr = makeCsr()

/** What a test changes of an attestation that counts. */
export interface Case {
  readonly service?: typeof azure
  readonly attestation?: TokenChanges
  /** The whole token, instead. */
  readonly compact?: () => string | Promise<string>
  /** Claims of the compliance token. */
  readonly compliance?: Members
  /** Changes how the tenant trusts the service. */
  readonly trust?: Members
  /** Whether any machine may vouch; it may unless a test says otherwise: those of Azure name none. */
  readonly anyMachine?: boolean
  readonly csr?: typeof csr
  readonly isDown?: boolean
}

const trustOf = ({ service = azure, trust }: Case): Members => ({
  ...(service === azure ? azureTrust : attesterTrust),
  ...trust,
})

/** Reads an attestation of the key that enrolls. */
export const read = async (changes: Case = {}): Promise<TokenWord> => {
  const { service = azure, attestation, compact, compliance = {}, anyMachine = true } = changes
  const network = testNetwork([azure, attester])
  network.isDown = changes.isDown ?? false
  const order = {
    token: await verifyGeneric({ claims: compliance }),
    csr: changes.csr ?? csr,
    now,
    configured: evidence.parse({ anyMachine, attestation: [trustOf(changes)] }),
  }
  const token = compact ? await compact() : await service.attest(csr.keyHash, attestation)
  return attestationEvidence(token, order, {
    keys: keySets({ fetchJson: network.fetchJson, now: () => now }),
  })
}

/** Facts with what is said of them. */
export const told = ({ facts }: TokenWord) =>
  Object.fromEntries(facts.map(({ fact, value }) => [fact, value]))

/** Tells whether anything is said at all. */
export const isSilent = ({ facts }: TokenWord): boolean => facts.every(({ value }) => value === undefined)
