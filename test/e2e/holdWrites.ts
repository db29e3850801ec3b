import { ClientRequest } from 'node:http'

/**
 * Keeps what this process writes to the tables at a port of this machine from being sent, so that requests meet which on
 * some machine would miss each other. fetch() goes another way, and is not held.
 * @returns what sends it all.
 */
export const holdWrites = (port: number): (() => void) => {
  const { prototype } = ClientRequest
  const end = Reflect.get(prototype, 'end') as (
    this: ClientRequest,
    ...body: readonly unknown[]
  ) => ClientRequest
  const held: (() => void)[] = []
  const isHeld = (request: ClientRequest) =>
    request.method !== 'GET' && String(request.getHeader('host')).endsWith(`:${port}`)
  Reflect.set(prototype, 'end', function (this: ClientRequest, ...body: unknown[]) {
    if (!isHeld(this)) return end.apply(this, body)
    held.push(() => void end.apply(this, body))
    return this
  })
  return () => {
    Reflect.set(prototype, 'end', end)
    for (const send of held) send()
  }
}
