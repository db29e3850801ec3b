import { Refusal } from '../../lib/errors/refusal.ts'
import { type FetchJson, fetchJson } from '../../lib/token/fetchJson.ts'
import { jwksUriOf } from '../../lib/token/keySets.ts'
import type { TokenSigner } from '../../lib/token/verifySigned.ts'
import { clockFound } from '../../client/check/clockFound.ts'
import type { Examination } from './examination.ts'
import { type Found, problem } from '../../client/check/finding.ts'
import { judgeKeys } from './judgeKeys.ts'
import { fetchAsClient, probe } from './probe.ts'

const loopbackHosts = ['127.0.0.1', '[::1]', 'localhost']

/** Allows plain http where the service is on this machine: it fetches it from its own alone. */
const isLocal = ({ deployment: { service } }: Examination): boolean =>
  URL.canParse(service.url) && loopbackHosts.includes(new URL(service.url).hostname)

const reason = (error: unknown): string => {
  if (error instanceof Refusal) return error.detail
  const { message, cause } = error as Error & { readonly cause?: { readonly code?: string } }
  return cause?.code === undefined ? message : `${message} (${cause.code})`
}

/** Whose keys are looked for, and what to say where there are none. */
interface Sought {
  readonly signer: TokenSigner
  /** Looks at more than the keys first. */
  readonly before?: (fetch: FetchJson) => Promise<void>
  /** What to do where they cannot be fetched. */
  readonly remedy: string
}

/** Fetches the keys of an issuer of tokens as the service does, and judges them and its clock. */
export const keysFound = async (
  { signer, before, remedy }: Sought,
  examination: Examination,
): Promise<readonly Found[]> => {
  const fetch = fetchJson({ allowLoopbackHttp: isLocal(examination), fetch: fetchAsClient })
  try {
    await before?.(fetch)
    const jwksUri = await jwksUriOf(fetch, signer)
    const keys = judgeKeys(await fetch(jwksUri), signer.algorithms)
    const clock = clockFound(await probe(new URL(jwksUri), {}, examination.now))
    return [keys, { ...clock, id: 'clock-token-issuer' }]
  } catch (error) {
    return [problem(`its keys cannot be fetched: ${reason(error)}`, remedy)]
  }
}
