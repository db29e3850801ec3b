import type { Members } from '../../tenants.ts'
import { keyDigest, postureToken } from './deviceIssuer.ts'
import { casesOf, type EvidenceCase } from './evidenceCase.ts'

/** What each of two sources says of the drive; undefined where its token is not sent. */
const say =
  (posture: 'encrypted' | 'plain' | undefined, attested: boolean | undefined): EvidenceCase['present'] =>
  async (at) => {
    const claims: Members = { disk: { system: posture } }
    const { key } = at
    return {
      ...(posture === undefined ? {} : { posture: await postureToken(at.posture, { claims }) }),
      ...(attested === undefined
        ? {}
        : { attestation: await at.azure.attest(keyDigest(key), { claims: { bitlockerEnabled: attested } }) }),
    }
  }

const no = 'device-not-compliant'

/** What comes of two sources that tell the same fact. */
export const severalCases: readonly EvidenceCase[] = [
  ...casesOf('several', [
    ['both say yes', say('encrypted', true), 'ok'],
    ['a no of the attestation beats the yes of the posture token', say('encrypted', false), no],
    ['a no of the posture token beats the yes of the attestation', say('plain', true), no],
    ['one yes is not enough: there is no attestation', say('encrypted', undefined), 'attestation-refused'],
    ['one yes is not enough: there is no posture token', say(undefined, true), 'posture-refused'],
  ]),
  ...casesOf('several-without-keys', [
    ['an outage beside a no is a no', say('encrypted', false), no],
    ['an outage beside what is absent is no outage', say('encrypted', undefined), 'attestation-refused'],
    ['an outage that alone decides is one', say('encrypted', true), 'token-keys-unavailable'],
  ]),
]
