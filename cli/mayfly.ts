import { exemptLoopback } from '../client/proxyFor.ts'
import * as terminal from '../lib/terminal/writeResult.ts'
import { runCommandLine } from './runCommandLine.ts'

exemptLoopback(process.env)
const run = async (): Promise<void> => {
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    variables: process.env,
    now: () => new Date(),
    terminal,
  })
}

// Inside of an executable no module can wait at its top.
void run()
