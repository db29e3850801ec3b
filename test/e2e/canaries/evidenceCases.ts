import { createHash, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import { unsigned } from '../../tokens.ts'
import { enrollment, type Marks } from './canaryRequests.ts'
import { examinedAudience } from './examiners.ts'
import { type CanaryCase, inSeconds } from './oneRequest.ts'

type Claims = Readonly<Record<string, unknown>>

/** What of the evidence of a good request a case changes; a text stands in the place of a token. */
interface Examination {
  readonly posture?: Claims | string
  readonly attestation?: Claims
  /** Changes the text of the posture token. */
  readonly postureText?: (token: string) => string
  /** Leaves a token out. */
  readonly without?: 'posture' | 'attestation'
}

/** Claims that nobody asks for. */
const unasked = (marks: Marks): Claims => ({
  serial: marks.text('serial'),
  [marks.text('name of a claim')]: { nested: marks.text('nested') },
})

const spkiHash = (publicKey: ReturnType<typeof createPublicKey>): string =>
  createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex')

/** One request to the tenant that hears a posture issuer and an attestation service. */
const examined = (
  code: RefusalCode | 'ok',
  name: string,
  changing: (marks: Marks) => Examination = () => ({}),
): CanaryCase => ({
  name: `${code}: evidence, ${name}`,
  async play({ marks, world, send }) {
    const { posture = {}, attestation = {}, postureText = (text) => text, without } = changing(marks)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const device = marks.secret('device', randomUUID())
    const header = { [marks.text('header member')]: marks.text('header value') }
    const told = { aud: examinedAudience, device, platform: 'windows', firewall: true, ...unasked(marks) }
    const { examiners } = world
    const made =
      typeof posture === 'string'
        ? posture
        : await examiners.posture.token({ header, claims: { ...told, ...posture } })
    const attested = await examiners.attestation.attest(spkiHash(createPublicKey(privateKey)), {
      header,
      claims: { device, ...unasked(marks), ...attestation },
    })
    const tokens = { posture: marks.token(postureText(made)), attestation: marks.token(attested) }
    if (without) tokens[without] = ''
    const sent = await enrollment(marks, world.issuers.examined, {
      tenant: 'examined',
      privateKey,
      token: { claims: { device_id: device } },
      headers: { 'content-type': 'application/json' },
      body: (der) =>
        JSON.stringify({
          csr: Buffer.from(der).toString('base64'),
          ...(tokens.posture === '' ? {} : { posture: tokens.posture }),
          ...(tokens.attestation === '' ? {} : { attestation: tokens.attestation }),
        }),
    })
    await send(code, sent)
  },
})

/** Requests with tokens about the device, of which nobody may tell anything but the facts that were asked for. */
export const evidenceCases: readonly CanaryCase[] = [
  examined('ok', 'a healthy device'),
  examined('posture-refused', 'no posture token', () => ({ without: 'posture' })),
  examined('posture-refused', 'no token', (marks) => ({ posture: marks.text('posture') })),
  examined('posture-refused', 'unsigned', () => ({ postureText: unsigned })),
  examined('posture-refused', 'another device', (marks) => ({
    posture: { device: marks.secret('other device', randomUUID()) },
  })),
  examined('posture-refused', 'another audience', (marks) => ({ posture: { aud: marks.text('aud') } })),
  examined('posture-refused', 'another issuer', (marks) => ({
    posture: { iss: `https://${marks.text('iss')}.example` },
  })),
  examined('posture-refused', 'bound to another key', (marks) => ({
    posture: { cnf: { jkt: marks.text('jkt') } },
  })),
  examined('posture-refused', 'expired', () => ({
    posture: { iat: inSeconds(-900), exp: inSeconds(-600) },
  })),
  examined('device-not-compliant', 'a fact of another form', (marks) => ({
    posture: { firewall: marks.text('firewall') },
  })),
  examined('attestation-refused', 'another device', (marks) => ({
    attestation: { device: marks.secret('other device', randomUUID()) },
  })),
  examined('attestation-unbound', 'a nonce of its own', (marks) => ({
    attestation: { eat_nonce: marks.text('nonce') },
  })),
  examined('body-too-large', 'a long posture token', (marks) => ({
    posture: marks.text('posture').repeat(600),
  })),
]
