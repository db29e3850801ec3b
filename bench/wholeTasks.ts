import functions, { type HttpHandler, type HttpRequest } from '@azure/functions'
import { certificates } from '../functions/certificates.ts'
import type { App } from '../lib/app.ts'
import { enroll } from '../lib/enroll/enroll.ts'
import { unknownClientIp } from '../lib/http/forwardedClientIp.ts'
import { readEnrollment } from '../lib/http/readEnrollment.ts'
import { type CertificateFormat, certificateReply } from '../lib/http/certificateReply.ts'
import { serving } from '../lib/http/serve.ts'
import { enrollmentOf } from '../test/world.ts'
import type { BenchWorld, TokenAlgorithm } from './benchWorld.ts'
import type { StageInputs } from './stageInputs.ts'
import { freshTask, type Task, task } from './measure.ts'

/** A request as the host hands it to a function, the way `mayfly enroll` sends it. */
const requestOf = ({ tenant, tokens, csrs }: BenchWorld, algorithm: TokenAlgorithm): HttpRequest => {
  const body = JSON.stringify({ csr: csrs[0]?.pem })
  return new functions.HttpRequest({
    method: 'POST',
    url: `http://localhost/v1/${tenant}/certificates`,
    params: { tenant },
    headers: {
      authorization: `Bearer ${tokens[algorithm][0]}`,
      accept: 'application/json',
      'content-type': 'application/json',
      'content-length': String(body.length),
    },
    body: { bytes: Buffer.from(body) },
  })
}

/** The handler of the function that issues certificates, as the host would call it. */
const handlerOf = ({ services }: BenchWorld): HttpHandler => {
  const app: App = {
    serve: serving(() => performance.now()),
    enroll: (enrollment, served) => enroll(enrollment, services, served),
    clientIpOf: unknownClientIp,
    findBundle: () => Promise.reject(new Error('Bundles are not measured.')),
    findDrops: () => Promise.reject(new Error('Drop lists are not measured.')),
    adopt: () => Promise.reject(new Error('Adoptions are not measured.')),
    readiness: () => Promise.reject(new Error('Readiness is not measured.')),
    stop: () => Promise.resolve(),
  }
  return certificates(app)
}

const requestTask = (name: string, world: BenchWorld, algorithm: TokenAlgorithm): Task => {
  const handler = handlerOf(world)
  const context = new functions.InvocationContext({
    functionName: 'certificates',
    invocationId: 'bench',
    logHandler: () => undefined,
  })
  return freshTask({
    name,
    make: () => requestOf(world, algorithm),
    run: async (request) => {
      const response = await handler(request, context)
      if (response?.status !== 201) throw new Error(`A request was answered with ${response?.status}.`)
    },
  })
}

/** Makes tasks of what surrounds enroll() in a request. */
export const surroundingTasks = (world: BenchWorld, { entry, chain }: StageInputs): readonly Task[] => {
  const renewal = { start: entry.renewalStart, end: entry.renewalEnd }
  const replyTask = (name: string, format: CertificateFormat): Task =>
    task({
      name,
      inputs: [{ ...entry, chain, renewal, created: true }],
      run: (reply) => certificateReply(reply, format),
    })
  return [
    freshTask({
      name: 'request read (JSON)',
      make: () => requestOf(world, 'RS256'),
      run: (request) => readEnrollment(request).readBody(),
    }),
    replyTask('reply encoded (JSON)', 'application/json'),
    replyTask('reply encoded (PEM)', 'application/pem-certificate-chain'),
  ]
}

/** The names of the pipeline in one piece, by the token's algorithm. */
export const pipelineName: Readonly<Record<TokenAlgorithm, string>> = {
  RS256: 'enroll(), RS256 token',
  ES256: 'enroll(), ES256 token',
}

const enrollTask = ({ tenant, csrs, tokens, services }: BenchWorld, algorithm: TokenAlgorithm): Task =>
  task({
    name: pipelineName[algorithm],
    inputs: csrs.map(({ pem }, index) => ({
      csr: Buffer.from(pem),
      token: tokens[algorithm][index] ?? '',
    })),
    run: ({ csr, token }) => enroll(enrollmentOf({ tenant, token, csr }), services),
  })

/** The pipeline in one piece: enroll() alone, and the function around it. */
export const wholeTasks = (world: BenchWorld): readonly Task[] => [
  enrollTask(world, 'RS256'),
  enrollTask(world, 'ES256'),
  requestTask('request through serve(), RS256 token', world, 'RS256'),
]
