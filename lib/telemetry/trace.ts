import {
  type Attributes,
  type Histogram,
  isSpanContextValid,
  type Link,
  type Meter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import { errorType } from '../errors/describeCause.ts'
import { durationBounds, histograms } from './instrument.ts'
import type { SigningIds } from './signingIds.ts'
import type { Telemetry } from './telemetry.ts'

/** The stages of a request that are measured, in the order of the story. */
export const stageNames = [
  'turn',
  'tenant',
  'token',
  'csr',
  'denyList',
  'evidence',
  'decide',
  'lookUp',
  'sign',
  'record',
  'refusal',
] as const

/** One stage. */
export type StageName = (typeof stageNames)[number]

/** Follows one request: what took how long, and whose it was. */
export interface Trace {
  /** The host's id of the request; it is in the log line, in the problem document and in the audit trail. */
  readonly invocationId: string
  /** Runs a stage, and measures it until what it returns is settled. */
  stage<T>(name: StageName, run: () => T): T
  /** Tells the tenant, once it is known to be one: a name that a client made up is no label. */
  tenant(id: string): void
  /** Tells which signature the request bought. */
  signed(ids: SigningIds): void
}

/** Follows nothing, where there is no request. */
export const untraced: Trace = {
  invocationId: '',
  stage: (_, run) => run(),
  tenant: () => undefined,
  signed: () => undefined,
}

/** Milliseconds that each stage of a request took, summed where it came through one twice. */
export type StageMilliseconds = Readonly<Partial<Record<StageName, number>>>

export interface RequestStart {
  readonly invocationId: string
  readonly functionName: string
  readonly method: string
  /** W3C Trace Context of the host, which takes its trace id from the request. */
  readonly traceParent?: string | undefined
}

export interface RequestEnd {
  readonly status: number
  /** `ok`, or the code of the refusal. */
  readonly code: string
}

/** Follows one request until it is answered. */
export interface RequestTrace extends Trace {
  readonly functionName: string
  /** The tenant that was told. */
  readonly toldTenant: string | undefined
  /** The ids of the signature that was bought. */
  readonly toldSignature: SigningIds | undefined
  readonly stages: StageMilliseconds
  /** Ends the span of the request, and measures it. @returns how long it took, in milliseconds. */
  end(request: RequestEnd): number
}

/** W3C Trace Context level 1, section 3.2: version, trace-id, parent-id, trace-flags. */
const traceParentForm = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** Links to the span that a `traceparent` names: the host's, so that its record of a request leads to ours. */
const linksTo = (traceParent: string | undefined): Link[] => {
  const [, traceId = '', spanId = '', flags = ''] = traceParentForm.exec(traceParent ?? '') ?? []
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  return isSpanContextValid(context) ? [{ context }] : []
}

interface Recorder {
  readonly tracer: Tracer
  readonly requests: Histogram
  readonly stages: Histogram
  /** Milliseconds of any monotonic clock. */
  readonly now: () => number
}

/** Milliseconds with one decimal. */
const rounded = (milliseconds: number): number => Math.round(milliseconds * 10) / 10

class FollowedRequest implements RequestTrace {
  readonly invocationId: string
  readonly functionName: string
  readonly #recorder: Recorder
  readonly #span: Span
  readonly #startedAt: number
  readonly #milliseconds = new Map<StageName, number>()
  #tenant: string | undefined
  #signature: SigningIds | undefined

  constructor(recorder: Recorder, start: RequestStart) {
    const { invocationId, functionName, method } = start
    this.invocationId = invocationId
    this.functionName = functionName
    this.#recorder = recorder
    this.#startedAt = recorder.now()
    const attributes = { invocationId, 'http.request.method': method }
    const options = { kind: SpanKind.SERVER, attributes, links: linksTo(start.traceParent) }
    this.#span = recorder.tracer.startSpan(functionName, options, ROOT_CONTEXT)
  }

  get toldTenant(): string | undefined {
    return this.#tenant
  }

  get toldSignature(): SigningIds | undefined {
    return this.#signature
  }

  get stages(): StageMilliseconds {
    return Object.fromEntries([...this.#milliseconds].map(([name, sum]) => [name, rounded(sum)]))
  }

  tenant(id: string): void {
    this.#tenant = id
  }

  signed({ requestId, vaultRequestId }: SigningIds): void {
    this.#signature = { requestId, vaultRequestId }
  }

  stage<T>(name: StageName, run: () => T): T {
    const startedAt = this.#recorder.now()
    const span = this.#stageSpan(name)
    const settled = (failure?: { readonly error: unknown }): void =>
      this.#settle(name, startedAt, span, failure)
    try {
      const result = run()
      if (result instanceof Promise)
        result.then(
          () => settled(),
          (error: unknown) => settled({ error }),
        )
      else settled()
      return result
    } catch (error) {
      settled({ error })
      throw error
    }
  }

  end({ status, code }: RequestEnd): number {
    const milliseconds = this.#recorder.now() - this.#startedAt
    this.#recorder.requests.record(milliseconds / 1_000, { function: this.functionName, code })
    if (this.#span.isRecording()) this.#endSpan({ status, code })
    return rounded(milliseconds)
  }

  #endSpan({ status, code }: RequestEnd): void {
    const tenant: Attributes = this.#tenant === undefined ? {} : { tenant: this.#tenant }
    this.#span.setAttributes({ code, 'http.response.status_code': status, ...tenant })
    if (status >= 500) this.#span.setStatus({ code: SpanStatusCode.ERROR, message: code })
    this.#span.end()
  }

  /** Nobody looks at the stages of a request that is not sampled. */
  #stageSpan(name: StageName): Span | undefined {
    if (!this.#span.isRecording()) return undefined
    return this.#recorder.tracer.startSpan(name, {}, trace.setSpan(ROOT_CONTEXT, this.#span))
  }

  #settle(
    name: StageName,
    startedAt: number,
    span: Span | undefined,
    failure?: { readonly error: unknown },
  ): void {
    const milliseconds = this.#recorder.now() - startedAt
    this.#milliseconds.set(name, (this.#milliseconds.get(name) ?? 0) + milliseconds)
    this.#recorder.stages.record(milliseconds / 1_000, { stage: name })
    if (failure) {
      const type = errorType(failure.error)
      span?.setAttribute('code', type)
      span?.setStatus({ code: SpanStatusCode.ERROR, message: type })
    }
    span?.end()
  }
}

const histogramOf = (meter: Meter, name: keyof typeof histograms): Histogram => {
  const { unit, description } = histograms[name]
  const advice = { explicitBucketBoundaries: [...durationBounds] }
  return meter.createHistogram(name, { unit, description, advice })
}

/**
 * Follows requests: a span each, one beneath it for each stage, and histograms of how long they took. A request is the
 * root of its own trace: its sender chooses neither the trace id nor whether it is sampled.
 * @param now milliseconds of any monotonic clock.
 */
export const tracesOf = ({ tracer, meter }: Telemetry, now: () => number) => {
  const recorder: Recorder = {
    tracer,
    now,
    requests: histogramOf(meter, 'mayfly.request.duration'),
    stages: histogramOf(meter, 'mayfly.stage.duration'),
  }
  return (start: RequestStart): RequestTrace => new FollowedRequest(recorder, start)
}
