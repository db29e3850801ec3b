import { createHash } from 'node:crypto'
import type { Members } from '../../tenants.ts'
import { type TestIssuer, type TokenChanges, testUser } from '../../tokens.ts'
import type { DeviceKey } from '../../world.ts'

const seconds = () => Math.floor(Date.now() / 1000)

/** The SHA-256 of a key, as evidence is bound to it. */
export const keyDigest = ({ spki }: DeviceKey, encoding: 'base64url' | 'hex' = 'hex'): string =>
  createHash('sha256').update(spki).digest(encoding)

/** What a management service says of a healthy laptop, by names of its own. */
export const healthyPosture: Members = {
  aud: 'urn:mayfly:posture',
  device: { id: testUser.deviceId, owner: testUser.upn },
  os: { name: 'Windows 11', version: '10.0.22631.4460' },
  firewall: true,
  disk: { system: 'encrypted' },
  antivirus: { on: true },
}

/** A posture token that is good unless a test changes it; a claim that is undefined is left out. */
export const postureToken = (
  issuer: TestIssuer,
  { claims, header, ...changes }: Pick<TokenChanges, 'claims' | 'header' | 'key'> = {},
): Promise<string> => {
  const times = { iat: seconds(), exp: seconds() + 600 }
  const payload = JSON.stringify({ iss: issuer.url, ...times, ...healthyPosture, ...claims })
  return issuer.token({ ...changes, payload, header: { typ: 'JWT', ...header } })
}

/** Times of a token that ended ten minutes ago. */
export const ended = () => ({ iat: seconds() - 3_000, nbf: seconds() - 3_000, exp: seconds() - 600 })

/** Times of a token that has not ended, and is older than any tenant of these tests takes it. */
export const tooOld = () => ({ iat: seconds() - 7_200, nbf: seconds() - 7_200 })

/** Times of a token that begins in the future. */
export const tooNew = () => ({ iat: seconds() + 300, nbf: seconds() + 300 })
