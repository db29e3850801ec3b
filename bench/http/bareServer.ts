import { randomUUID } from 'node:crypto'
import { Agent, createServer, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BareWork } from './startBare.ts'

// `node bareServer.ts <port> <work>`: node:http and nothing else. GET answers 304; POST waits and inserts a row.

const [port, json = '{}'] = process.argv.slice(2)
const { signMilliseconds = 0, table = '', notModified } = JSON.parse(json) as BareWork
const agent = new Agent({ keepAlive: true })

const insert = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const row = JSON.stringify({ PartitionKey: 'bare', RowKey: randomUUID() })
    const options = { method: 'POST', agent, headers: { 'content-length': row.length } }
    const sent = request(table, options, (response) => response.resume().once('end', resolve))
    sent.once('error', reject)
    sent.end(row)
  })

const signAndInsert = async (): Promise<void> => {
  await sleep(signMilliseconds)
  await insert()
}

const server = createServer((asked, response) => {
  if (asked.method === 'GET') {
    response.writeHead(304, notModified).end()
    return
  }
  asked.resume()
  signAndInsert().then(
    () => response.writeHead(201).end(),
    () => response.destroy(),
  )
})
server.listen(Number(port), '127.0.0.1', () => process.send?.('serving'))
process.once('disconnect', () => process.exit())
