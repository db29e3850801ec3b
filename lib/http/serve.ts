import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions'
import { type Deadline, openDeadline } from '../deadline/deadline.ts'
import { requestTimes, type RequestTimes } from '../deadline/requestTimes.ts'
import { Refusal } from '../errors/refusal.ts'
import { type Metrics, unmeasured } from '../telemetry/metrics.ts'
import { describeCause } from '../errors/describeCause.ts'
import { type RequestLine } from '../telemetry/requestLine.ts'
import type { SigningIds } from '../telemetry/signingIds.ts'
import { type Telemetry, unexported } from '../telemetry/telemetry.ts'
import { type Trace, type RequestTrace, tracesOf } from '../telemetry/trace.ts'
import { tenantIdForm } from '../tenant/tenantId.ts'
import { problem } from './problem.ts'

/** Follows a request, and bounds it. */
export interface Served {
  /** Measures the stages of the request. */
  readonly trace: Trace
  /** Ends all waiting for the request. */
  readonly deadline: Deadline
}

/** Answers one request, or throws. */
export type Endpoint = (request: HttpRequest, served: Served) => Promise<HttpResponseInit>

const tenantOf = ({ params }: HttpRequest): string => {
  const { tenant = '' } = params
  return tenantIdForm.test(tenant) ? tenant : ''
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

const answer = async (respond: () => Promise<HttpResponseInit>, invocationId: string): Promise<Answer> => {
  try {
    return { response: await respond() }
  } catch (error) {
    const refusal = asRefusal(error, invocationId)
    return { response: problem(refusal, invocationId), refusal }
  }
}

/** An endpoint says itself which part it waited for in vain; this is for what no part can be blamed for. */
const overdue = () =>
  new Refusal('overloaded', 'Cannot answer: the time of the request is over.', { retryAfterSeconds: 5 })

/** Logs one line a request: errors for our own defects, warnings for outages. */
const log = (context: InvocationContext, line: RequestLine): void => {
  const text = JSON.stringify(line)
  if (line.status === 500) context.error(text)
  else if (line.status >= 500) context.warn(text)
  else context.log(text)
}

/** A local key keeps no log, and so gives no id. */
const signatureOf = (ids: SigningIds | undefined): Pick<RequestLine, 'requestId' | 'vaultRequestId'> => {
  if (!ids) return {}
  const { requestId, vaultRequestId } = ids
  return vaultRequestId === '' ? { requestId } : { requestId, vaultRequestId }
}

/** Ends the trace. The line says which tenant was asked for, also when there is none of the name. */
const lineOf = (request: HttpRequest, trace: RequestTrace, { response, refusal }: Answer) => {
  const outcome = { status: response.status ?? 200, code: refusal?.code ?? 'ok' }
  const milliseconds = trace.end(outcome)
  const { invocationId, functionName, stages, toldSignature } = trace
  const { cause } = refusal?.options ?? {}
  return {
    invocationId,
    function: functionName,
    tenant: tenantOf(request),
    ...outcome,
    milliseconds,
    stages,
    ...signatureOf(toldSignature),
    ...(cause === undefined ? {} : { cause: describeCause(cause) }),
  }
}

/** Where measurements of the requests go, nowhere when left out; the time that each has, and its turn. */
export interface ServingOptions {
  /** Waits until a request may compute. @throws {Refusal} */
  readonly takeTurn?: (tenant: string, deadline: Deadline) => Promise<void>
  /** Whether this instance has served a tenant. */
  readonly isKnown?: (tenant: string) => boolean
  readonly times?: RequestTimes
  readonly telemetry?: Telemetry
  readonly metrics?: Metrics
}

/**
 * Wraps an endpoint once: what it throws becomes a problem document, because the host would answer an empty 500; the
 * request has its time, and is answered within it; it is traced, and leaves one structured line.
 * @param now milliseconds of any monotonic clock.
 */
export const serving = (now: () => number, options: ServingOptions = {}) => {
  const { telemetry = unexported(), metrics = unmeasured, times = requestTimes() } = options
  const { takeTurn, isKnown = () => false } = options
  const { requestMilliseconds, answerMilliseconds: reserveMilliseconds } = times
  const follow = tracesOf(telemetry, now)
  return (endpoint: Endpoint): HttpHandler =>
    async (request, context) => {
      const { invocationId, functionName, traceContext } = context
      const { method } = request
      const trace = follow({ invocationId, functionName, method, traceParent: traceContext?.traceParent })
      const whole = openDeadline(requestMilliseconds, now)
      const deadline = whole.part({ reserveMilliseconds })
      const respond = async () => {
        // Health is told whoever waits, and what is published of a tenant that is known: neither computes anything.
        if (takeTurn && 'tenant' in request.params && (method === 'POST' || !isKnown(tenantOf(request))))
          await trace.stage('turn', () => takeTurn(tenantOf(request), deadline))
        return endpoint(request, { trace, deadline })
      }
      const answered = await answer(() => whole.within(respond(), overdue), invocationId)
      const line = lineOf(request, trace, answered)
      if (answered.refusal) metrics.refused(trace.toldTenant ?? '', line.code)
      log(context, line)
      return answered.response
    }
}

/** Makes the HTTP handler of an endpoint. */
export type Serve = ReturnType<typeof serving>
