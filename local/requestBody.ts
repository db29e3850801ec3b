import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What is read and thrown away after a 413, so that the client gets to read the answer. */
const drainLimitBytes = 16 * 1024 * 1024
const drainMilliseconds = 5_000

/** The request must survive a loop that ends early: the answer goes over the same connection. */
const chunksOf = (request: IncomingMessage): AsyncIterable<Buffer> =>
  request.iterator({ destroyOnReturn: false })

/** Reads the whole body, unless it exceeds the limit, whose excess is left unread, or its client goes away. */
export const readBody = async (
  request: IncomingMessage,
  limitBytes: number,
): Promise<Buffer | 'too large' | 'cut off'> => {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) return 'too large'
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of chunksOf(request)) {
      length += chunk.length
      if (length > limitBytes) return 'too large'
      chunks.push(chunk)
    }
  } catch {
    return 'cut off'
  }
  return Buffer.concat(chunks)
}

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

/** Answers 413 and closes the connection, but first reads on for a while: closing at once would reset it unread. */
export const refuseBody = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  response.writeHead(413, { connection: 'close', 'content-length': 0 }).flushHeaders()
  await Promise.race([drain(request), sleep(drainMilliseconds, undefined, { ref: false })])
  response.end()
}
