import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace as api } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { tracesOf } from '../../../lib/telemetry/trace.ts'
import { unexported } from '../../../lib/telemetry/telemetry.ts'
import { recorded } from './recorded.ts'

const start = { invocationId: 'i-1', functionName: 'certificates', method: 'POST' }
const hostTrace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

/** Follows a request by a clock that goes on by hand. */
const following = (options: { readonly traceParent?: string } = {}) => {
  const memory = recorded()
  const clock = { milliseconds: 1_000 }
  const follow = tracesOf(memory.telemetry, () => clock.milliseconds)
  return { ...memory, clock, trace: follow({ ...start, ...options }) }
}

describe('a request trace', () => {
  it('measures a stage until it returns', () => {
    const { clock, trace } = following()
    expect(trace.stage('decide', () => (clock.milliseconds += 1.26))).toBeCloseTo(1_001.26)
    expect(trace.stages).toEqual({ decide: 1.3 })
  })

  it('measures a stage until what it promised is there, and hands on the promise itself', async () => {
    const { clock, trace } = following()
    const { promise, resolve } = Promise.withResolvers<string>()
    expect(trace.stage('sign', () => promise)).toBe(promise)
    expect(trace.stages).toEqual({})
    clock.milliseconds += 20
    resolve('signed')
    await promise
    expect(trace.stages).toEqual({ sign: 20 })
  })

  it('adds up what a stage took that ran twice', async () => {
    const { clock, trace } = following()
    const sign = () => trace.stage('sign', () => Promise.resolve((clock.milliseconds += 2)))
    await sign()
    await sign()
    expect(trace.stages).toEqual({ sign: 4 })
  })

  it('throws on what a stage throws, at once or later, and marks its span by the kind of failure', async () => {
    const { trace, spans } = following()
    const refusal = new Refusal('token-expired', 'Cannot: canary ended.')
    const raise = (): never => {
      throw refusal
    }
    expect(() => trace.stage('token', raise)).toThrow(refusal)
    await expect(trace.stage('sign', () => Promise.reject(new TypeError('canary')))).rejects.toThrow(
      TypeError,
    )
    expect(Object.keys(trace.stages)).toEqual(['token', 'sign'])
    expect(spans().map(({ name, status, attributes }) => [name, status.code, attributes])).toEqual([
      ['token', SpanStatusCode.ERROR, { code: 'token-expired' }],
      ['sign', SpanStatusCode.ERROR, { code: 'TypeError' }],
    ])
  })

  it('is a span of the server with its stages beneath it', async () => {
    const { trace, spans } = following()
    trace.tenant('contoso')
    trace.stage('csr', () => undefined)
    trace.end({ status: 201, code: 'ok' })
    const [stage, request] = spans()
    expect(request).toMatchObject({
      name: 'certificates',
      kind: SpanKind.SERVER,
      parentSpanContext: undefined,
      links: [],
      attributes: {
        invocationId: 'i-1',
        'http.request.method': 'POST',
        'http.response.status_code': 201,
        tenant: 'contoso',
        code: 'ok',
      },
    })
    expect(stage).toMatchObject({ name: 'csr', kind: SpanKind.INTERNAL })
    expect(stage?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId)
  })

  it('marks requests as failed that we failed, and not those that we refused', () => {
    for (const [status, expected] of [
      [403, SpanStatusCode.UNSET],
      [500, SpanStatusCode.ERROR],
      [503, SpanStatusCode.ERROR],
    ] as const) {
      const { trace, spans } = following()
      trace.end({ status, code: 'x' })
      expect(spans()[0]?.status.code).toBe(expected)
    }
  })

  it('has no tenant until one is told', () => {
    const { trace, spans } = following()
    trace.end({ status: 404, code: 'tenant-unknown' })
    expect(trace.toldTenant).toBeUndefined()
    expect(spans()[0]?.attributes).not.toHaveProperty('tenant')
  })

  it('links to the trace of the host and takes neither its id nor its sampling, which the client chose', () => {
    const unsampled = hostTrace.replace(/01$/, '00')
    const { trace, spans } = following({ traceParent: unsampled })
    trace.end({ status: 200, code: 'ok' })
    const [request] = spans()
    expect(request?.spanContext().traceId).not.toBe('0af7651916cd43dd8448eb211c80319c')
    expect(request?.links).toMatchObject([
      { context: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 0 } },
    ])
  })

  it.each([
    '',
    'canary',
    hostTrace.toUpperCase(),
    `${hostTrace}-canary`,
    hostTrace.replace(/^00/, 'ff'),
    hostTrace.replace(/[0-9a-f]{32}/, '0'.repeat(32)),
    hostTrace.replace(/-[0-9a-f]{16}-/, `-${'0'.repeat(16)}-`),
  ])('links to nothing by what is no traceparent: %j', (traceParent) => {
    const { trace, spans } = following({ traceParent })
    trace.end({ status: 200, code: 'ok' })
    expect(spans()[0]?.links).toEqual([])
  })

  it('measures requests and stages in seconds, by few attributes', async () => {
    const { clock, trace, measured } = following()
    trace.tenant('contoso')
    trace.stage('csr', () => (clock.milliseconds += 5))
    expect(trace.end({ status: 201, code: 'ok' })).toBe(5)
    expect(await measured()).toEqual([
      { name: 'mayfly.request.duration', attributes: { function: 'certificates', code: 'ok' }, value: 1 },
      { name: 'mayfly.stage.duration', attributes: { stage: 'csr' }, value: 1 },
    ])
  })

  it('says nothing of a stage in the line that had not ended when the request had', async () => {
    const { trace, spans } = following()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    void trace.stage('lookUp', () => promise)
    trace.end({ status: 400, code: 'csr-malformed' })
    expect(trace.stages).toEqual({})
    resolve(undefined)
    await promise
    expect(spans().map(({ name }) => name)).toEqual(['certificates', 'lookUp'])
  })

  it('measures stages for the line when nothing is exported', async () => {
    let milliseconds = 0
    const trace = tracesOf(unexported(), () => (milliseconds += 1))(start)
    await trace.stage('token', () => Promise.resolve())
    expect(trace.stages).toEqual({ token: 1 })
    expect(trace.end({ status: 200, code: 'ok' })).toBe(3)
  })
})

describe('tracesOf()', () => {
  it('makes no request the child of a span that the process happens to be in', () => {
    const memory = recorded()
    const foreign = api.setSpan(ROOT_CONTEXT, memory.telemetry.tracer.startSpan('foreign'))
    context.setGlobalContextManager({
      active: () => foreign,
      with: (_, run, self, ...values) => run.apply(self, values),
      bind: (_, target) => target,
      enable() {
        return this
      },
      disable() {
        return this
      },
    })
    try {
      tracesOf(memory.telemetry, () => 0)(start).end({ status: 200, code: 'ok' })
    } finally {
      context.disable()
    }
    expect(memory.spans().map(({ name, parentSpanContext }) => [name, parentSpanContext])).toEqual([
      ['certificates', undefined],
    ])
  })
})
