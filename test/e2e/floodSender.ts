import { parentPort, workerData } from 'node:worker_threads'
import { type Load, openConnections } from './sendRequests.ts'

// A thread of its own: what it sends as fast as it can keeps nobody waiting who measures.
if (!parentPort) throw new Error('This runs as a worker.')
const port = parentPort
const over = new AbortController()
port.once('message', () => over.abort())

const connections = openConnections()
const { answers } = await connections.send(workerData as Load, {
  until: over.signal,
  onFirst: () => port.postMessage('begun'),
})
connections.close()
port.postMessage(answers)
port.close()
