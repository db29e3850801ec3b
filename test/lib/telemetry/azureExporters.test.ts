import { afterEach, expect, it, vi } from 'vitest'
import { azureExporters } from '../../../lib/telemetry/azureExporters.ts'
import { exporting } from '../../../lib/telemetry/startSdk.ts'
import { startCollector } from './collector.ts'
import { canaries, serveAll } from './servedOnce.ts'

const connectionString =
  'InstrumentationKey=00000000-0000-4000-8000-000000000001;IngestionEndpoint=https://unreachable.invalid/'

interface Envelope {
  readonly name: string
  readonly data: { readonly baseType: string; readonly baseData: Readonly<Record<string, unknown>> }
}

/** The library reports on itself to its maker unless it is told not to. */
const silenceLibrary = (): void => {
  vi.stubEnv('APPLICATION_INSIGHTS_NO_STATSBEAT', 'true')
  vi.stubEnv('APPLICATIONINSIGHTS_SDKSTATS_DISABLED', 'true')
}

const startExport = (host: string) => {
  silenceLibrary()
  const reported: string[] = []
  const telemetry = exporting(azureExporters(connectionString, { host, allowInsecureConnection: true }), {
    instance: 'instance-1',
    intervalMilliseconds: 3_600_000,
    limitMilliseconds: 500,
    now: () => 0,
    report: (line) => void reported.push(line),
  })
  return { telemetry, reported }
}

afterEach(() => {
  vi.unstubAllEnvs()
})

it('Application Insights gets requests, dependencies and custom metrics, and nothing that users sent', async () => {
  await using collector = await startCollector((response, body) => {
    const count = (JSON.parse(body) as readonly unknown[]).length
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ itemsReceived: count, itemsAccepted: count, errors: [] }))
  })
  const { telemetry, reported } = startExport(collector.url)
  await serveAll(telemetry)
  await telemetry.stop()
  const envelopes = collector.sent.flatMap(({ body }) => JSON.parse(body) as readonly Envelope[])
  const dataOf = (type: string) =>
    envelopes.filter(({ data }) => data.baseType === type).map(({ data }) => data.baseData)

  expect(dataOf('RequestData')).toHaveLength(3)
  expect(dataOf('RequestData')).toContainEqual(
    expect.objectContaining({
      name: 'certificates',
      responseCode: '403',
      success: false,
      properties: { invocationId: 'i-1', tenant: 'contoso', code: 'upn-refused' },
    }),
  )
  expect(dataOf('RemoteDependencyData')).toContainEqual(
    expect.objectContaining({ name: 'sign', success: false, properties: { code: 'upn-refused' } }),
  )
  expect(dataOf('MetricData')).toContainEqual(
    expect.objectContaining({
      metrics: [expect.objectContaining({ name: 'mayfly.gate.depth', value: 3 })],
      properties: { gate: 'turn' },
    }),
  )
  expect(dataOf('MetricData')).toContainEqual(
    expect.objectContaining({
      metrics: [expect.objectContaining({ name: 'mayfly.requests.refused', value: 1 })],
      properties: { tenant: 'contoso', code: 'upn-refused' },
    }),
  )
  for (const canary of canaries) expect(JSON.stringify(collector.sent)).not.toContain(canary)
  expect(reported).toEqual([])
})

it('an outage of Application Insights changes no answer and is told without the address', async () => {
  const collector = await startCollector()
  await collector[Symbol.asyncDispose]()
  const { telemetry, reported } = startExport(collector.url)
  expect(await serveAll(telemetry)).toEqual([201, 403, 500])
  await telemetry.stop()
  expect(reported.join('\n')).not.toMatch(/127\.0\.0\.1|unreachable|00000000-/)
})
