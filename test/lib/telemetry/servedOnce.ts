import { InvocationContext } from '@azure/functions'
import { serving } from '../../../lib/http/serve.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { metricsOf } from '../../../lib/telemetry/metrics.ts'
import type { Telemetry } from '../../../lib/telemetry/telemetry.ts'
import { requestOf } from '../http/request.ts'

/** What must not be exported: it is in the request, and in what goes wrong. */
export const canaries = [
  'eyJcanaryToken',
  'MIIcanaryCsr',
  'canary@contoso.example',
  'canary.example',
] as const

const [token, csr, upn, host] = canaries

const request = () =>
  requestOf({
    path: `/v1/contoso/certificates?token=${token}`,
    headers: {
      authorization: `Bearer ${token}`,
      'user-agent': upn,
      host,
      traceparent: upn,
      baggage: `upn=${upn}`,
    },
    params: { tenant: 'contoso' },
    body: csr,
  })

const outcomes = [
  () => Promise.resolve({ status: 201, body: csr }),
  () => Promise.reject(new Refusal('upn-refused', `Cannot: ${upn}`)),
  () => Promise.reject(new Error(`${token} ${upn}`)),
]

/** Serves a request that is answered, one that is refused and one that fails; returns their statuses. */
export const serveAll = async (telemetry: Telemetry): Promise<readonly (number | undefined)[]> => {
  const metrics = metricsOf(telemetry.meter)
  metrics.issued('contoso', { created: true })
  metrics.gauge('gate.depth', () => [{ value: 3, attributes: { gate: 'turn', upn } }])
  const serve = serving(() => performance.now(), { telemetry, metrics })
  const context = () =>
    new InvocationContext({ functionName: 'certificates', invocationId: 'i-1', logHandler: () => undefined })
  const answers = outcomes.map(async (outcome) =>
    serve((_, { trace }) => {
      trace.tenant('contoso')
      return trace.stage('sign', outcome)
    })(request(), context()),
  )
  return (await Promise.all(answers)).map((response) => response.status)
}
