import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import type { DnsAnswers } from './dnsServer.ts'
import { serveNames } from './dnsServer.ts'

/**
 * A program: tells whoever comes by HTTP which machine he reached, and as whom, until its standard input ends. With an address
 * it is the resolver there, too, which says what it is asked for: each line is the answers from now on, in JSON.
 */
const [name = '', resolverAddress] = process.argv.slice(2)
createServer(({ socket }, response) => {
  response.end(`${name} sees ${socket.remoteAddress?.replace('::ffff:', '')}`)
}).listen(7000)
const tell = (host: string): void => void process.stdout.write(`asked ${host}\n`)
const resolver = resolverAddress === undefined ? undefined : await serveNames(resolverAddress, tell)
process.stdout.write('serving\n')
for await (const line of createInterface({ input: process.stdin })) {
  resolver?.answer(JSON.parse(line) as DnsAnswers)
  process.stdout.write('answered\n')
}
process.exit(0)
