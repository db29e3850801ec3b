import { metrics, trace } from '@opentelemetry/api'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { telemetryFrom } from '../../../lib/telemetry/telemetry.ts'
import { type Collector, startCollector } from './collector.ts'
import { canaries, serveAll } from './servedOnce.ts'

const outside = () => {
  const reported: string[] = []
  return {
    instance: 'instance-1',
    now: () => 0,
    report: (line: string) => void reported.push(line),
    reported,
  }
}

/** The exporters read the variables that OpenTelemetry names themselves. */
const otlpTo = (url: string, more: Readonly<Record<string, string>> = {}) => {
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=canarySecret',
    ...more,
  }
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  return telemetryFrom({ MAYFLY_TELEMETRY: 'otlp' }, outside())
}

const expectNoCanary = (text: string): void => {
  for (const canary of canaries) expect(text).not.toContain(canary)
}

const bodiesAt = ({ sent }: Collector, path: string): readonly unknown[] =>
  sent.filter((one) => one.path === path).map(({ body }) => JSON.parse(body) as unknown)

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

describe('telemetryFrom()', () => {
  it.each([{}, { MAYFLY_TELEMETRY: 'off' }, { MAYFLY_TELEMETRY: '' }])(
    'exports nothing by %j',
    async (settings) => {
      const telemetry = await telemetryFrom(settings, outside())
      expect(telemetry.tracer.startSpan('x').isRecording()).toBe(false)
      expect(await serveAll(telemetry)).toEqual([201, 403, 500])
      await telemetry.stop()
    },
  )

  it.each(['0', '-1', '1e3', 'soon'])(
    'refuses to start with an interval that is none: %j',
    async (interval) => {
      const settings = { MAYFLY_TELEMETRY: 'console', OTEL_METRIC_EXPORT_INTERVAL: interval }
      await expect(telemetryFrom(settings, outside())).rejects.toThrow('OTEL_METRIC_EXPORT_INTERVAL')
    },
  )

  it('prints on the console what one asks for there', async () => {
    const printed: string[] = []
    vi.spyOn(console, 'dir').mockImplementation((item) => void printed.push(JSON.stringify(item)))
    const telemetry = await telemetryFrom({ MAYFLY_TELEMETRY: 'console' }, outside())
    await serveAll(telemetry)
    await telemetry.stop()
    const text = printed.join('\n')
    for (const word of [
      'certificates',
      'sign',
      'upn-refused',
      'mayfly.requests.refused',
      'mayfly.gate.depth',
    ])
      expect(text).toContain(word)
    expectNoCanary(text)
  })

  it('sends spans and metrics as OTLP, with the resource and without what users sent', async () => {
    await using collector = await startCollector()
    const telemetry = await otlpTo(collector.url, { OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test' })
    await serveAll(telemetry)
    await telemetry.stop()
    expect(new Set(collector.sent.map(({ contentType }) => contentType))).toEqual(
      new Set(['application/json']),
    )
    const [traces] = bodiesAt(collector, '/v1/traces')
    const resource = {
      attributes: expect.arrayContaining([
        { key: 'service.name', value: { stringValue: 'mayfly' } },
        { key: 'service.instance.id', value: { stringValue: 'instance-1' } },
        { key: 'deployment.environment', value: { stringValue: 'test' } },
      ]),
    }
    expect(traces).toMatchObject({
      resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'mayfly' } }] }],
    })
    const [measured] = bodiesAt(collector, '/v1/metrics')
    expect(measured).toMatchObject({
      resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'mayfly' } }] }],
    })
    const all = collector.sent.map(({ body }) => body).join('\n')
    for (const word of [
      'sign',
      'upn-refused',
      'fault',
      'mayfly.certificates.issued',
      'mayfly.stage.duration',
    ])
      expect(all).toContain(word)
    expectNoCanary(all)
  })

  it('lets the variables of OpenTelemetry name the service and choose what is sampled', async () => {
    await using collector = await startCollector()
    const sampling = { OTEL_SERVICE_NAME: 'my-ca', OTEL_TRACES_SAMPLER: 'always_off' }
    const telemetry = await otlpTo(collector.url, sampling)
    await serveAll(telemetry)
    await telemetry.stop()
    expect(bodiesAt(collector, '/v1/traces')).toEqual([])
    expect(JSON.stringify(bodiesAt(collector, '/v1/metrics'))).toContain('my-ca')
  })

  it('registers nothing globally, so that libraries trace nothing behind our back', async () => {
    const telemetry = await telemetryFrom({ MAYFLY_TELEMETRY: 'otlp' }, outside())
    expect(trace.getTracer('other').startSpan('x').isRecording()).toBe(false)
    expect(metrics.getMeter('other')).not.toBe(telemetry.meter)
    await telemetry.stop()
  })
})
