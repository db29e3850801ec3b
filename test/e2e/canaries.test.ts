import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { catalogue, type RefusalCode } from '../../lib/errors/catalogue.ts'
import { freePort } from '../../local/freePort.ts'
import { testConnectionString } from '../azurite.ts'
import { type Collector, startCollector } from '../lib/telemetry/collector.ts'
import { canaryCases, outageCases } from './canaries/canaryCases.ts'
import { enrollment, markedHeaders, marksOf } from './canaries/canaryRequests.ts'
import { canaries } from './canaries/canarySearch.ts'
import { type CanaryWorld, createCanaryWorld } from './canaries/canaryWorld.ts'
import type { CanaryCase } from './canaries/oneRequest.ts'
import { type Answer, exchange, type Sent } from './exchange.ts'
import { type RunningFunctions, startFunctions } from './startFunctions.ts'
import { openGate, type TcpGate } from './tcpGate.ts'

const runs = ['console', 'otlp'] as const
const openapi = new URL('../../docs/openapi.json', import.meta.url)

const isRefusalCode = (code: string): code is RefusalCode => Object.hasOwn(catalogue, code)

let world: CanaryWorld
let gate: TcpGate
let collector: Collector

const tablesPort = () => Number(/127\.0\.0\.1:(\d+)/.exec(testConnectionString())?.[1])

beforeAll(async () => {
  world = await createCanaryWorld(testConnectionString(), runs)
  gate = await openGate(tablesPort())
  collector = await startCollector()
})

afterAll(async () => {
  await collector[Symbol.asyncDispose]()
  await gate[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

/** An answer, and the request that it is to. */
interface Told extends Answer {
  readonly name: string
}

const startTold = async (run: (typeof runs)[number]): Promise<RunningFunctions> => {
  const { MAYFLY_TABLES_CONNECTION_STRING: direct = '' } = world.settings
  const functions = startFunctions(await freePort(), {
    ...world.settings,
    MAYFLY_TABLES_CONNECTION_STRING: direct.replace(`:${tablesPort()}/`, `:${gate.port}/`),
    MAYFLY_REQUEST_SECONDS: '10',
    MAYFLY_TELEMETRY: run,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_METRIC_EXPORT_INTERVAL: '200',
    OTEL_METRIC_EXPORT_TIMEOUT: '200',
  })
  await functions.serving
  return functions
}

/** A drop list tells relying parties who is stopped: that is what it is for. */
const withoutStopped = (text: string): string =>
  /^\{"tenant":"[^"]*","sequence":/.test(text) ? text.replaceAll(/"kind":"user","value":"[^"]*"/g, '') : text

/**
 * What of an answer may tell no canary at all, and the certificate in it, if there is one: it may tell its own holder
 * his UPN and his key.
 */
const partsOf = ({ head, body }: Answer): { readonly text: string; readonly certificate: string } => {
  const text = withoutStopped(body.toString('latin1'))
  const [, certificate] = /^\{"certificate":"((?:[^"\\]|\\n)*)"/.exec(text) ?? []
  if (certificate === undefined) return { text: `${head}\n${text}`, certificate: '' }
  const { raw } = new X509Certificate(JSON.parse(`"${certificate}"`) as string)
  return { text: `${head}\n${text.replace(certificate, '')}`, certificate: raw.toString('latin1') }
}

describe.each(runs)('with telemetry to %s, nobody is told', (run) => {
  const found = canaries()
  const told: Told[] = []
  let functions: RunningFunctions

  const exported = (): string =>
    run === 'console' ? functions.output() : collector.sent.map(({ path, body }) => path + body).join('\n')

  const send = async (name: string, sent: Sent): Promise<Answer> => {
    const answer = await exchange(functions.url, sent)
    told.push({ ...answer, name })
    return answer
  }

  const play = async (one: CanaryCase): Promise<void> => {
    const marks = marksOf(found, `${run}: ${one.name}`)
    await one.play({
      world,
      run,
      marks,
      async send(code, sent) {
        const answer = await send(marks.name, sent)
        expect(answer.code, answer.body.toString()).toBe(code)
        return answer
      },
    })
  }

  beforeAll(async () => {
    functions = await startTold(run)
  })
  afterAll(() => functions.stop())

  it.each(canaryCases)('of the canaries of $name', play)

  it('of those of a user who has too many requests', async () => {
    const marks = marksOf(found, `${run}: busy`)
    const claims = { sub: marks.text('sub') }
    const several = ['a', 'b', 'c', 'd', 'e', 'f'].map((request) =>
      enrollment(marks.of(request), world.issuers.slow, { tenant: 'slow', token: { claims } }),
    )
    const sent = await Promise.all(several)
    const answers = await Promise.all(
      sent.map((one, index) => send(`${marks.name}, ${'abcdef'[index]}`, one)),
    )
    expect(answers.map(({ code }) => code)).toEqual(expect.arrayContaining(['ok', 'subject-busy']))
  })

  it('of those that come while no table answers', async () => {
    gate.close()
    try {
      for (const one of outageCases) await play(one)
      const marks = marksOf(found, `${run}: readiness`)
      await send(marks.name, { path: '/readyz', headers: markedHeaders(marks) })
    } finally {
      gate.open()
    }
  })

  it('of those that come when telemetry has nowhere to go, and before any function is asked', async () => {
    const marks = marksOf(found, `${run}: host`)
    const long = marks.text('long header').repeat(1_500)
    expect((await send(marks.name, { path: '/healthz', headers: [['x-long', long]] })).status).toBe(431)
    const body = marks.text('long body').repeat(100_000)
    const path = `/v1/canaries/certificates?${marks.text('query')}`
    expect((await send(marks.name, { method: 'POST', path, body })).status).toBe(500)
    expect((await send(marks.name, { method: 'TRACE', path: `/${marks.text('path')}` })).status).toBe(404)
  })

  // The last tests: they look back on the others.
  it('although lines, spans and metrics tell of every request', async () => {
    const ids = told.flatMap(({ body }) => /urn:uuid:([0-9a-f-]{36})/.exec(body.toString())?.[1] ?? [])
    expect(ids.length).toBeGreaterThan(60)
    await vi.waitFor(() => expect(ids.filter((id) => !exported().includes(id))).toEqual([]), 20_000)
    const metric = /mayfly\.request\.duration/g
    const count = () => exported().match(metric)?.length ?? 0
    const before = count()
    await vi.waitFor(() => expect(count()).toBeGreaterThan(before + 1), 20_000)
    expect(ids.filter((id) => !functions.output().includes(`"invocationId":"${id}"`))).toEqual([])
    expect(exported()).toMatch(/http\.request\.method/)
    expect(exported()).toMatch(/denyList/)
  })

  it('although every refusal that docs/openapi.json describes was among them', () => {
    const described = [...readFileSync(openapi, 'utf8').matchAll(/urn:mayfly:problem:([a-z-]+)/g)]
      .map(([, code = '']) => code)
      .filter((code) => isRefusalCode(code) && catalogue[code].status < 500)
    expect(new Set(described).size).toBeGreaterThan(35)
    const seen = new Set(told.map(({ code }) => code))
    expect([...new Set(described)].filter((code) => !seen.has(code))).toEqual([])
    const outages = ['fault', 'issuer-unavailable', 'signer-unavailable', 'tables-unavailable']
    expect([...seen]).toEqual(expect.arrayContaining([...outages, 'token-keys-unavailable']))
  })

  it('on standard output or standard error, in a span or in a metric', () => {
    expect(found.findIn(functions.output())).toEqual([])
    expect(found.findIn(exported())).toEqual([])
  })

  it('in an answer, but for the holder of a certificate in it', () => {
    for (const answer of told) {
      const { text, certificate } = partsOf(answer)
      expect(found.findIn(text), answer.name).toEqual([])
      const own = new Set(['upn', 'key'].map((place) => `${answer.name}: ${place}`))
      expect(
        found.findIn(certificate).filter((name) => !own.has(name)),
        answer.name,
      ).toEqual([])
    }
    const certified = told.filter((answer) => partsOf(answer).certificate !== '')
    expect(certified.length).toBeGreaterThan(5)
    for (const answer of certified)
      expect(found.findIn(partsOf(answer).certificate), answer.name).toContain(`${answer.name}: upn`)
  })
})
