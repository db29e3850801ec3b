import { exemptLoopback } from '../client/proxyFor.ts'
import * as terminal from '../lib/terminal/writeResult.ts'
import { runCommandLine } from './runCommandLine.ts'

exemptLoopback(process.env)
process.exitCode = await runCommandLine(process.argv.slice(2), {
  variables: process.env,
  now: () => new Date(),
  terminal,
})
