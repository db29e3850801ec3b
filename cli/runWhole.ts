import { exemptLoopback } from '../client/proxyFor.ts'
import { type Machine, runCommandLine } from './runCommandLine.ts'

/** Runs any command. What this module imports takes several times as long to load as Node.js to start. */
export const runWhole = (args: readonly string[], machine: Machine): Promise<number> => {
  exemptLoopback(process.env)
  return runCommandLine(args, machine)
}
