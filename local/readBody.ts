import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What is read and thrown away of a body that nobody takes, so that the client gets to read the answer. */
const drainLimitBytes = 16 * 1024 * 1024
const drainMilliseconds = 5_000

/** The request must survive a loop that ends early: the answer goes over the same connection. */
const chunksOf = (request: IncomingMessage): AsyncIterable<Buffer> =>
  request.iterator({ destroyOnReturn: false })

const drain = async (request: IncomingMessage): Promise<void> => {
  let left = drainLimitBytes
  try {
    for await (const chunk of chunksOf(request)) {
      left -= chunk.length
      if (left < 0) return
    }
  } catch {
    // The client went away, which ends the need to drain.
  }
}

const drainForAWhile = (request: IncomingMessage): Promise<unknown> =>
  Promise.race([drain(request), sleep(drainMilliseconds, undefined, { ref: false })])

/**
 * Reads the whole body. The real host drops one whose length was not declared (its issue 4926): the function sees an
 * empty body, and the header that says so.
 */
export const readBody = async (
  request: IncomingMessage,
  limitBytes: number,
): Promise<Buffer | 'too large' | 'cut off'> => {
  const declared = request.headers['content-length']
  if (Number(declared ?? 0) > limitBytes) return 'too large'
  if (declared === undefined) {
    await drainForAWhile(request)
    return Buffer.alloc(0)
  }
  const chunks: Buffer[] = []
  try {
    for await (const chunk of chunksOf(request)) chunks.push(chunk)
  } catch {
    return 'cut off'
  }
  return Buffer.concat(chunks)
}

/**
 * Answers a body over the limit as the real host does, with a bare 500 and the end of the connection; but first reads on
 * for a while: closing at once would reset it unread.
 */
export const refuseBody = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  response.writeHead(500, { connection: 'close', 'content-length': 0 }).flushHeaders()
  await drainForAWhile(request)
  response.end()
}
