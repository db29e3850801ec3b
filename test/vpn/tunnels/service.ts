import { createInterface } from 'node:readline'
import { runWhole } from '../../../cli/runWhole.ts'
import * as terminal from '../../../lib/terminal/writeResult.ts'
import { startStack } from '../../../local/stack.ts'

/**
 * A program: Mayfly over TLS at the address that it is given, with its data in this folder, until its standard input ends.
 * Each line there is a command of `mayfly` as an array of words in JSON, such as an administrator gives; it answers by a
 * line each, with the exit code and what was said.
 */
const [host = '', folder = ''] = process.argv.slice(2)
const stops: (() => Promise<void>)[] = []
await startStack(
  { host, port: 8443, tls: true, keys: 'local', folder },
  ({ message }) => void process.stderr.write(`${message}\n`),
  (stop) => stops.push(stop),
)
process.stdout.write('serving\n')
for await (const line of createInterface({ input: process.stdin })) {
  let said = ''
  const hear = (text: string) => void (said += text)
  const heard = {
    ...terminal,
    writeAside: hear,
    writeNotice: () => undefined,
    writeResult: async (text: string) => hear(text),
  }
  const words = [...(JSON.parse(line) as readonly string[]), '--deployment', `${folder}/local.json`]
  const code = await runWhole(words, { variables: {}, now: () => new Date(), terminal: heard })
  process.stdout.write(`${JSON.stringify({ code, said })}\n`)
}
for (const stop of stops.toReversed()) await stop()
process.exit(0)
