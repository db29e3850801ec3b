import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventLine } from '../../client/agent/agentEvent.ts'
import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import { openRotatedLog } from '../../client/agent/openRotatedLog.ts'
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

/** Where lines of events go: standard error, which a journal keeps, or a file that is rotated. */
const openLog = (logFile: string | undefined): ((line: string) => void) =>
  logFile === undefined ? tell : openRotatedLog(logFile)

/** The machine that an agent runs on. */
export const processWorld = ({
  now,
  logFile,
}: {
  readonly now: () => Date
  readonly logFile?: string | undefined
}): AgentWorld => {
  const write = openLog(logFile)
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
    report: (event) => write(eventLine(event, now())),
  }
}
