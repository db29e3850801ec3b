import { Refusal } from '../lib/errors/refusal.ts'
import { jsonMember } from '../lib/json/parseJson.ts'
import type { InstalledBundle } from '../lib/bundle/trustBundle.ts'
import { callService, checkServiceUrl } from './callService.ts'

/** Who tells the service what it installed, and which service that is. */
export interface RelyingParty {
  /** Base URL of the service itself, which gets the secret: https, or http on this machine. */
  readonly url: string
  /** PEM of the authorities to trust for https instead of the system's. */
  readonly ca?: string | undefined
  readonly name: string
  /** As `mayfly relying-party add` made it: visible ASCII. */
  readonly secret: string
}

const namedForm = /^[a-z0-9][a-z0-9.-]{0,62}$/
const secretForm = /^[\x21-\x7e]{1,256}$/

/**
 * Checks, before anything is done, that a relying party can sign in: RFC 7617 has neither colons in names nor control
 * characters anywhere.
 * @throws {Refusal} `usage-wrong`
 */
export const checkRelyingParty = (relyingParty: RelyingParty): void => {
  checkServiceUrl(relyingParty.url)
  if (!namedForm.test(relyingParty.name))
    throw new Refusal('usage-wrong', 'Cannot sign in to the service: no relying party can have this name.')
  if (!secretForm.test(relyingParty.secret))
    throw new Refusal(
      'usage-wrong',
      'Cannot sign in to the service: the secret of the relying party is empty or has characters that none has.',
    )
}

/** What is told, and by whom. */
export interface AdoptionReport {
  readonly tenant: string
  readonly relyingParty: RelyingParty
  readonly bundle: InstalledBundle
  readonly attempts?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Tells the service which bundle servers loaded.
 * @returns the sequence of the bundle in force, by the word of the service alone: nobody signed it. Undefined where the
 *   service is one that does not tell.
 * @throws {Refusal} `usage-wrong`, `service-unavailable`, `service-answer-invalid`, `relying-party-refused` or another that
 *   the service told
 */
export const reportAdoption = async (report: AdoptionReport): Promise<number | undefined> => {
  const { tenant, relyingParty, bundle, attempts, signal } = report
  const { url, ca, name, secret } = relyingParty
  const answer = await callService({
    url: new URL(`v1/${encodeURIComponent(tenant)}/adoptions`, checkServiceUrl(url)),
    headers: {
      authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
    // Not that of the JWS: a mirror can write an ECDSA signature in other octets, which verifies as well.
    body: JSON.stringify({ sha256: bundle.sha256.json }),
    ca,
    attempts,
    signal,
  })
  const current = jsonMember(answer, 'currentSequence')
  if (jsonMember(answer, 'relyingParty') === name && jsonMember(answer, 'sequence') === bundle.sequence)
    return Number.isSafeInteger(current) ? Number(current) : undefined
  throw new Refusal(
    'service-answer-invalid',
    `Cannot tell that bundle ${bundle.sequence} is installed: the service recorded something else.`,
  )
}
