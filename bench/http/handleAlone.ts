import functions, { type HttpHandler, type HttpRequest } from '@azure/functions'
import type { FunctionRegistry } from '../../local/functionsCore.ts'
import type { LoadRequest } from '../../test/e2e/sendRequests.ts'

/** Makes a request as the host hands it to a function. */
const requestOf = ({ method = 'POST', path, headers, body = new Uint8Array() }: LoadRequest): HttpRequest =>
  new functions.HttpRequest({
    method,
    url: `http://127.0.0.1${path}`,
    params: { tenant: path.split('/')[2] ?? '' },
    headers: { ...headers, 'content-length': String(body.length) },
    body: { bytes: Buffer.from(body) },
  })

const contextOf = () =>
  new functions.InvocationContext({
    functionName: 'certificates',
    invocationId: 'bench',
    logHandler: () => undefined,
  })

const processorMicroseconds = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/**
 * Calls the function that issues certificates, as it is registered, so many times at once: what the host and the library
 * do around it is left out.
 * @returns microseconds of this process's processor time, a request.
 */
export const handleAlone = async (
  registry: FunctionRegistry,
  loads: readonly LoadRequest[],
  atOnce: number,
): Promise<number> => {
  const registered = registry.functions.find(({ metadata }) => metadata.name === 'certificates')
  if (!registered) throw new Error('Cannot measure: no function issues certificates.')
  const handler = registered.callback as HttpHandler
  const requests = loads.map(requestOf)
  let next = 0
  const loop = async (): Promise<void> => {
    for (let request = requests[next++]; request; request = requests[next++]) {
      const response = await handler(request, contextOf())
      if (response?.status !== 201) throw new Error(`A request was answered with ${response?.status}.`)
    }
  }
  const before = processorMicroseconds()
  await Promise.all(Array.from({ length: atOnce }, loop))
  return (processorMicroseconds() - before) / requests.length
}
