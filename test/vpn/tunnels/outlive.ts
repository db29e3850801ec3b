import { setTimeout as sleep } from 'node:timers/promises'
import type { Credential } from './credential.ts'
import type { Companion } from './install.ts'
import type { LabMachine } from './lab.ts'
import { behind, type Dialled, type EndingSoon } from './tunnelServer.ts'

/** What became of a tunnel whose certificate ended. */
export interface Outlived {
  /** From the end of the certificate to that of the tunnel; infinite where it was still up when nobody waited any more. */
  readonly seconds: number
  /** What came of it when the same client came once more. */
  readonly again: Dialled
}

/** Whether one of two pings comes back. */
export const isUp = async (client: LabMachine): Promise<boolean> =>
  (await client.attempt(`ping -c 2 -i 0.3 -W 1 ${behind}`)).code === 0

/** Waits for the end of a tunnel. @returns when its first ping was lost, of two in a row; undefined when it is up after these seconds */
export const endOf = async (client: LabMachine, until: number): Promise<number | undefined> => {
  while (Date.now() < until) {
    const asked = Date.now()
    if (!(await isUp(client)) && !(await isUp(client))) return asked
    await sleep(300)
  }
  return undefined
}

/** How one that ends is watched. */
export interface Watching extends EndingSoon {
  /** How long to wait after its end. */
  readonly mostSeconds: number
}

/** Has a client stay until its tunnel ends, and come once more. */
export const outlive = async (
  { client, stay, follow }: Companion,
  { credential, endsAt, mostSeconds }: Watching,
): Promise<Outlived> => {
  const tunnel = await stay?.(credential)
  if (!tunnel) throw new Error('This is no VPN server.')
  const soon = await endOf(client, endsAt)
  await sleep(Math.max(0, endsAt - Date.now()))
  const said = await follow()
  const ended = soon ?? (await endOf(client, endsAt + mostSeconds * 1000))
  // One that ended before its certificate comes once more after that.
  await sleep(Math.max(0, endsAt + 2_000 - Date.now()))
  const isAccepted = await tunnel.again()
  await tunnel.close()
  const seconds = ended === undefined ? Infinity : (ended - endsAt) / 1000
  return { seconds, again: { isAccepted, log: await said() } }
}

/** How pings through a tunnel were answered. */
export interface Heard {
  /** The longest time without an answer: seconds. */
  readonly silentSeconds: number
  /** Milliseconds since 1970; when they began where none was answered. */
  readonly lastAnswer: number
}

/** Pings through a tunnel, five times a second. @returns what ends that, and tells what was heard */
export const listen = (client: LabMachine): (() => Promise<Heard>) => {
  const pinging = client.start(`exec ping -D -n -i 0.2 ${behind}`)
  const begun = Date.now()
  return async () => {
    const answers = [...pinging.said().matchAll(/^\[([\d.]+)\] \d+ bytes from/gm)]
    const times = [begun, ...answers.map(([, at]) => Number(at) * 1000)]
    const pauses = [...times, Date.now()].map((time, index) => time - (times[index - 1] ?? time))
    await pinging.stop()
    return { silentSeconds: Math.max(...pauses) / 1000, lastAnswer: Math.max(...times) }
  }
}

/** Has a client renew in time. @returns how long its tunnel was silent at the most, until long after the first certificate ended; seconds */
export const renewInTime = async (
  { client, stay }: Companion,
  { credential, endsAt, mostSeconds, next }: Watching & { readonly next: Credential },
): Promise<number> => {
  const tunnel = await stay?.(credential)
  if (!tunnel) throw new Error('This is no VPN server.')
  await sleep(Math.max(0, endsAt - 20_000 - Date.now()))
  const silence = listen(client)
  await tunnel.renew(next)
  await sleep(endsAt + mostSeconds * 1000 - Date.now())
  const { silentSeconds } = await silence()
  await tunnel.close()
  return silentSeconds
}
