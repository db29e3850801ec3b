import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { announcingOutages, exporting } from '../../../lib/telemetry/startSdk.ts'
import { otlpExporters } from '../../../lib/telemetry/otlpExporters.ts'
import { startCollector } from './collector.ts'
import { serveAll } from './servedOnce.ts'

const exportingTo = (url: string, limitMilliseconds = 500) => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url)
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'api-key=canarySecret')
  const reported: string[] = []
  const telemetry = exporting(otlpExporters(), {
    instance: 'instance-1',
    intervalMilliseconds: 3_600_000,
    limitMilliseconds,
    now: () => 0,
    report: (line) => void reported.push(line),
  })
  return { telemetry, reported }
}

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** What is written while something runs, past our own reports. */
const written = async (run: () => Promise<void>): Promise<string> => {
  const texts: unknown[] = []
  for (const stream of [process.stderr, process.stdout])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      texts.push(text)
      return true
    })
  for (const level of ['error', 'warn', 'log'] as const)
    vi.spyOn(console, level).mockImplementation((...items: unknown[]) => void texts.push(...items))
  await run()
  vi.restoreAllMocks()
  return texts.map(String).join('')
}

const answering = (status: number) => (response: ServerResponse) =>
  response.writeHead(status).end('canary: your api-key is canarySecret')

describe('an outage of the exporter', () => {
  it.each([
    ['refuses connections', undefined],
    ['answers 400', answering(400)],
    ['answers 401', answering(401)],
    ['drops connections', (response: ServerResponse) => void response.destroy()],
  ])('changes no answer when the collector %s, and is told in one line a signal', async (_, answer) => {
    const collector = await startCollector(answer ?? (() => undefined))
    if (!answer) await collector[Symbol.asyncDispose]()
    const { telemetry, reported } = exportingTo(collector.url)
    const text = await written(async () => {
      for (let round = 0; round < 20; round++) expect(await serveAll(telemetry)).toEqual([201, 403, 500])
      await telemetry.stop()
    })
    if (answer) await collector[Symbol.asyncDispose]()
    expect(text).toBe('')
    expect(reported.length).toBeLessThanOrEqual(2)
    for (const line of reported) {
      expect(JSON.parse(line)).toMatchObject({ event: 'telemetry-export-failed' })
      expect(line).not.toMatch(/canary|127\.0\.0\.1/)
    }
  })

  it('keeps no request and no stop waiting for a collector that never answers', async () => {
    for (const name of ['OTEL_EXPORTER_OTLP_TIMEOUT', 'OTEL_BSP_EXPORT_TIMEOUT']) vi.stubEnv(name, '600000')
    await using collector = await startCollector(() => undefined)
    const { telemetry } = exportingTo(collector.url, 2_000)
    const text = await written(async () => {
      expect(await serveAll(telemetry)).toEqual([201, 403, 500])
      await telemetry.stop()
    })
    expect(text).toBe('')
    expect(collector.sent.length).toBeGreaterThan(0)
  })

  it('drops spans once the queue is full', async () => {
    vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', '10')
    vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '10')
    await using collector = await startCollector()
    const { telemetry } = exportingTo(collector.url, 20_000)
    for (let index = 0; index < 1_000; index++) telemetry.tracer.startSpan('x').end()
    await telemetry.stop()
    const spans = collector.sent.flatMap(({ body }) => [...body.matchAll(/"spanId"/g)])
    expect(spans.length).toBeGreaterThan(0)
    expect(spans.length).toBeLessThanOrEqual(20)
  })
})

describe('announcingOutages()', () => {
  const announcing = (code: number) => {
    const clock = { milliseconds: 0 }
    const reported: string[] = []
    const exporter = announcingOutages(
      {
        export: (_: unknown, done: (result: { readonly code: number; readonly error?: Error }) => void) =>
          done({ code, error: Object.assign(new Error('http://canary'), { code: 'ECONNREFUSED' }) }),
      },
      { signal: 'traces', now: () => clock.milliseconds, report: (line) => void reported.push(line) },
    )
    return { clock, reported, exporter }
  }

  it('tells a failure once in ten minutes, by its kind', () => {
    const { clock, reported, exporter } = announcing(1)
    const codes: number[] = []
    for (; clock.milliseconds < 20 * 60_000; clock.milliseconds += 5_000)
      exporter.export([], ({ code }) => void codes.push(code))
    const line = '{"event":"telemetry-export-failed","signal":"traces","cause":"ECONNREFUSED"}'
    expect(reported).toEqual([line, line])
    expect(new Set(codes)).toEqual(new Set([1]))
  })

  it('tells nothing of a success', () => {
    const { reported, exporter } = announcing(0)
    exporter.export([], () => undefined)
    expect(reported).toEqual([])
  })
})
