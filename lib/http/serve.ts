import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions'
import { Refusal } from '../errors/refusal.ts'
import { describeCause, formatRequestLine } from '../telemetry/requestLine.ts'
import { problem } from './problem.ts'

/** Answers one request, or throws. */
export type Endpoint = (request: HttpRequest) => Promise<HttpResponseInit>

const tenantOf = ({ params }: HttpRequest): string => {
  const { tenant = '' } = params
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(tenant) ? tenant : ''
}

/** A fault is told by its incident id alone; its log line has the rest. */
const asRefusal = (error: unknown, invocationId: string): Refusal =>
  error instanceof Refusal
    ? error
    : new Refusal('fault', `Something went wrong. The incident id is ${invocationId}.`, { cause: error })

interface Answer {
  readonly response: HttpResponseInit
  readonly refusal?: Refusal
}

const answer = async (endpoint: Endpoint, request: HttpRequest, invocationId: string): Promise<Answer> => {
  try {
    return { response: await endpoint(request) }
  } catch (error) {
    const refusal = asRefusal(error, invocationId)
    return { response: problem(refusal, invocationId), refusal }
  }
}

/** Logs one line a request: errors for our own defects, warnings for outages. */
const log = (context: InvocationContext, line: string, status: number): void => {
  if (status === 500) context.error(line)
  else if (status >= 500) context.warn(line)
  else context.log(line)
}

/**
 * Wraps an endpoint once: what it throws becomes a problem document, because the host would answer an empty 500,
 * and the request leaves one structured line.
 * @param now milliseconds of any monotonic clock.
 */
export const serving =
  (now: () => number) =>
  (endpoint: Endpoint): HttpHandler =>
  async (request, context) => {
    const { invocationId, functionName } = context
    const startedAt = now()
    const { response, refusal } = await answer(endpoint, request, invocationId)
    const status = response.status ?? 200
    const line = {
      invocationId,
      function: functionName,
      tenant: tenantOf(request),
      status,
      code: refusal?.code ?? 'ok',
      milliseconds: Math.round((now() - startedAt) * 10) / 10,
      ...(refusal?.options.cause === undefined ? {} : { cause: describeCause(refusal.options.cause) }),
    }
    log(context, formatRequestLine(line), status)
    return response
  }

/** Makes the HTTP handler of an endpoint. */
export type Serve = ReturnType<typeof serving>
