import * as terminal from '../lib/terminal/writeResult.ts'
import { runQuickly } from './runQuickly.ts'

const run = async (): Promise<void> => {
  const args = process.argv.slice(2)
  const machine = { variables: process.env, now: () => new Date(), terminal }
  const quick = { ...machine, terminal: { ...terminal, writeResult: terminal.writeResultAtOnce } }
  process.exitCode =
    (await runQuickly(args, quick)) ?? (await (await import('./runWhole.ts')).runWhole(args, machine))
}

// Inside of an executable no module can wait at its top.
void run()
