import { parentPort, workerData } from 'node:worker_threads'
import { type Load, sendRequests } from './sendRequests.ts'

// A thread of its own: what it sends as fast as it can keeps nobody waiting who measures.
if (!parentPort) throw new Error('This runs as a worker.')
const port = parentPort
const over = new AbortController()
port.once('message', () => over.abort())

const { answers } = await sendRequests(workerData as Load, {
  until: over.signal,
  onFirst: () => port.postMessage('begun'),
})
port.postMessage(answers)
port.close()
