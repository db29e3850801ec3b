import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { type Load, sendRequests, type Sent } from '../../test/e2e/sendRequests.ts'

/** Sends loads from a thread of its own, so that the tables of this one answer meanwhile. */
export interface LoadThread extends AsyncDisposable {
  /** Sends each request once. */
  send(load: Load): Promise<Sent>
}

/** Starts it. */
export const startLoadThread = (): LoadThread => {
  const worker = new Worker(new URL(import.meta.url))
  return {
    async send(load) {
      const answered = once(worker, 'message')
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
      worker.postMessage(load)
      const [sent] = (await answered) as [Sent]
      return sent
    },
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  }
}

// As a worker.
if (!isMainThread && parentPort) {
  const port = parentPort
  port.on('message', (load: Load) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is no window
    void sendRequests(load).then((sent) => port.postMessage(sent))
  })
}
