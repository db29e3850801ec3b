import { type DropList, maxDropListOctets } from '../../lib/drops/dropList.ts'
import { parseDropList } from '../../lib/drops/parseDropList.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { parseJson } from '../../lib/json/parseJson.ts'
import { checkServiceUrl, fetchText } from '../callService.ts'
import type { Answer } from '../exchange.ts'
import type { RelyingParty } from '../reportAdoption.ts'

/** A drop list, and the entity tag by which the service knows it (RFC 9110 section 8.8.3). */
export interface TaggedDrops {
  readonly list: DropList
  /** Quotes included; undefined where the answer had none. */
  readonly etag: string | undefined
}

/** Whose drop list is asked for, and by whom. */
export interface DropsRequest {
  readonly tenant: string
  readonly relyingParty: RelyingParty
  /** What the caller has. */
  readonly kept?: TaggedDrops | undefined
  /** Whether a list that is older than the kept one is taken, but for one of a deny list that was never changed. */
  readonly mayGoBack?: boolean | undefined
  /** How often it is tried while the service is unavailable; three times when left out. */
  readonly attempts?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Told the time by the clock of the service, by each answer that has one; invalid where it cannot be read. */
  readonly onTime?: ((time: Date) => void) | undefined
}

/**
 * What the service says: another list, that the kept one is current, or a list older than the kept one, as an instance has for
 * 30 s whose list was read before: it is not obeyed.
 */
export type FetchedDrops =
  | ({ readonly kind: 'changed' } & TaggedDrops)
  | { readonly kind: 'same' }
  | { readonly kind: 'older'; readonly sequence: number }

/** Each entry has some ten members, each user two. */
const maxValues = 200_000

const invalid = (url: URL, why: string) =>
  new Refusal('service-answer-invalid', `Cannot use the drop list of ${url.origin}: it ${why}.`)

const readList = (body: string, tenant: string, url: URL): DropList => {
  const refuse = (why: string) => invalid(url, why)
  const list = parseDropList(parseJson(Buffer.from(body), refuse, maxValues), refuse)
  if (list.tenant === tenant) return list
  throw invalid(url, `is that of another tenant than ${tenant}`)
}

const tagForm = /^(?:W\/)?"[\x21\x23-\x7e]{0,128}"$/

/**
 * Fetches the drop list of a tenant from the service itself, which gets the secret of the relying party. Redirects are not followed.
 * The list is unsigned: whoever forges it can end sessions, and keep them.
 * @throws {Refusal} `relying-party-refused`, `service-answer-invalid`, `service-not-reached`, `service-unavailable`,
 *   `service-untrusted`, `usage-wrong` or another that the service told
 */
export const fetchDrops = async (request: DropsRequest): Promise<FetchedDrops> => {
  const { tenant, relyingParty, kept, mayGoBack = false, attempts, signal, onTime } = request
  const { url: service, ca, name, secret } = relyingParty
  const url = new URL(`v1/${encodeURIComponent(tenant)}/drops`, checkServiceUrl(service))
  const authorization = `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
  let etag: string | undefined
  const onAnswer = ({ headers }: Pick<Answer, 'headers'>) => {
    etag = headers.etag !== undefined && tagForm.test(headers.etag) ? headers.etag : undefined
    if (headers.date !== undefined) onTime?.(new Date(headers.date))
  }
  const body = await fetchText(
    {
      url,
      headers: { authorization, accept: 'application/json' },
      ca,
      attempts,
      signal,
      onAnswer,
      maxOctets: maxDropListOctets,
    },
    kept?.etag,
  )
  if (body === undefined) return { kind: 'same' }
  const list = readList(body, tenant, url)
  const isOlder = kept !== undefined && list.sequence < kept.list.sequence
  // A list that was never changed stops nobody: what forgot all denials lets nobody stay.
  if (isOlder && (!mayGoBack || list.sequence === 0)) return { kind: 'older', sequence: list.sequence }
  return { kind: 'changed', list, etag }
}
