import { Refusal } from '../errors/refusal.ts'
import type { EvidenceTrouble } from '../policy/signals/deviceEvidence.ts'

/** Of which kind a token about a device is. */
export type TokenKind = 'posture' | 'attestation'

const codes = { posture: 'posture-refused', attestation: 'attestation-refused' } as const

/** Takes the reason out of a detail, whose first words say what could not be done: `Cannot accept the token: it is so.` */
const reasonIn = (detail: string): string => detail.slice(detail.indexOf(': ') + 2).replace(/\.$/, '')

/**
 * Makes a trouble of the refusal of a token about a device: the request goes on without it. An outage stays one, with its
 * code; `attestation-unbound` says more than that the token does not count, and stays, too.
 * @throws whatever is no refusal: a defect is not the device's fault.
 */
export const troubleOf = (error: unknown, source: TokenKind): EvidenceTrouble => {
  if (!(error instanceof Refusal)) throw error
  const { code, detail, options } = error
  const { retryAfterSeconds } = options
  const stays = retryAfterSeconds !== undefined || code === 'attestation-unbound'
  return {
    source,
    code: stays ? code : codes[source],
    why: `the ${source} token does not count: ${reasonIn(detail)}`,
    retryAfterSeconds,
  }
}
