import { fstatSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AgentEvent, eventLevels, eventLine } from '../../client/agent/agentEvent.ts'
import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import type { Configuration } from '../../client/agent/configuration.ts'
import { openRotatedLog } from '../../client/agent/openRotatedLog.ts'
import { systemLog } from '../../client/agent/systemLog.ts'
import { runProgram } from '../../client/runProgram.ts'
import { writeAside, writeProgress } from '../../lib/terminal/writeResult.ts'
import { machineTime } from './machineTime.ts'

/** The interfaces there are; none where the system does not tell, as a hardened service may not ask. */
const interfaces = (): ReturnType<typeof networkInterfaces> => {
  try {
    return networkInterfaces()
  } catch {
    return {}
  }
}

/** The addresses that other machines could reach, in one text. */
const network = (): string =>
  Object.entries(interfaces())
    .flatMap(([name, found = []]) =>
      found.filter(({ internal }) => !internal).map(({ cidr }) => `${name} ${cidr}`),
    )
    .toSorted()
    .join(', ')

/** A line may come while somebody is told what is waited for. */
const tell = (line: string): void => {
  writeProgress('')
  writeAside(`${line}\n`)
}

/** What standard error is; undefined where it was closed. */
const standardError = () => {
  try {
    return fstatSync(2)
  } catch {
    return undefined
  }
}

/** How long a program may take that writes to the log of the system. */
const timeoutMilliseconds = 5_000

const run = async (program: string, args: readonly string[]): Promise<void> => {
  await runProgram({ program, arguments: args, environment: process.env, timeoutMilliseconds })
}

/** Where events go: standard error, which a journal keeps; or a file that is rotated, and the log of the system beside it. */
const openLog = (logFile: string | undefined): ((event: AgentEvent, line: string) => void) => {
  if (logFile === undefined) return (_, line) => tell(line)
  const write = openRotatedLog(logFile)
  const { platform, env: environment } = process
  const system = systemLog({ platform, environment, standardError: standardError(), write: tell, run })
  return (event, line) => {
    write(line)
    system?.(event, line)
  }
}

/** The machine that an agent runs on. */
export const processWorld = ({
  now,
  logFile,
  logLevel = 'info',
}: { readonly now: () => Date } & Partial<Pick<Configuration, 'logFile' | 'logLevel'>>): AgentWorld => {
  const write = openLog(logFile)
  const least = eventLevels.indexOf(logLevel)
  return {
    ...machineTime(now),
    clock: () => performance.now(),
    chance: () => Math.random(),
    wait: (milliseconds, signal) =>
      sleep(milliseconds, undefined, { signal }).then(
        () => undefined,
        () => undefined,
      ),
    network,
    environment: process.env,
    report(event) {
      if (eventLevels.indexOf(event.level) >= least) write(event, eventLine(event, now()))
    },
  }
}
