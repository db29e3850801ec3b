import { patiently } from '../../../lib/deadline/deadline.ts'
import type { EvidenceOrder } from '../../../lib/evidence/evidenceOrder.ts'
import { type FactName, factKinds } from '../../../lib/policy/signals/factKinds.ts'
import { evidence, type EvidenceSources } from '../../../lib/tenant/evidence.ts'
import { keySets } from '../../../lib/token/keySets.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import type { Members } from '../../tenants.ts'
import { genericTestIssuer, testNetwork, type TokenChanges } from '../../tokens.ts'
import { ampleTime, makeDeviceKey } from '../../world.ts'
import { now, verifyGeneric } from '../token/verifying.ts'

/** An issuer of posture tokens: about the device, and the user, of compliance tokens. */
export const mdm = await genericTestIssuer('https://mdm.example', {
  now: () => now,
  audience: 'urn:mayfly:posture',
})

/** What it says of healthy devices. */
export const healthy = {
  os: { platform: 'windows', version: '10.0.22631.4460' },
  encrypted: true,
  firewall: 'on',
}

/** How a tenant trusts it. */
export const mdmTrust = (changes: Members = {}): Members => ({
  issuer: mdm.url,
  audience: mdm.audience,
  deviceIdClaim: 'device_id',
  facts: {
    platform: ['os', 'platform'],
    osVersion: ['os', 'version'],
    systemDriveEncrypted: 'encrypted',
    firewallEnabled: { claim: 'firewall', values: { on: true, off: false } },
  },
  ...changes,
})

/** Understands what a document says of evidence. */
export const evidenceOf = (document: Members): EvidenceSources => evidence.parse(document)

/** Issues a posture token about a healthy device, unless a test changes it. */
export const posture = (changes: TokenChanges = {}): Promise<string> =>
  mdm.token({ ...changes, claims: { ...healthy, ...changes.claims } })

/** The network, and keys that nobody asked for before. */
export const freshKeys = () => {
  const network = testNetwork([mdm])
  return { network, keys: keySets({ fetchJson: network.fetchJson, now: () => now }) }
}

/** The key that enrolls. */
export const device = makeDeviceKey()
export const csr = verifyCsr(device.csr())

/** Orders the evidence of a request whose compliance token is good; all facts are asked for. */
export const orderOf = async (
  changes: Partial<EvidenceOrder> = {},
  compliance: TokenChanges = {},
): Promise<EvidenceOrder> => ({
  token: await verifyGeneric(compliance),
  csr,
  presented: { posture: undefined, attestation: undefined },
  configured: evidenceOf({ posture: [mdmTrust()] }),
  asked: new Set(Object.keys(factKinds) as FactName[]),
  now,
  wait: patiently,
  deadline: ampleTime(),
  isWorthAsking: () => true,
  ...changes,
})

/** Facts with what is said of them. */
export const told = (facts: readonly { readonly fact: FactName; readonly value: unknown }[]) =>
  Object.fromEntries(facts.map(({ fact, value }) => [fact, value]))
