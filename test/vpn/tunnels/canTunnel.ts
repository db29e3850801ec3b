import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isThere } from '../program.ts'
import type { TunnelKind } from './tunnelServer.ts'

const works = (commands: string): boolean =>
  spawnSync('unshare', ['--pid', '--fork', '--mount', '--net', 'sh', '-c', commands]).status === 0

const trial =
  'mount -t proc proc /proc && ip link add wire type bridge && ip tuntap add dev tun9 mode tun && mount -t tmpfs tmpfs /run'

/** Whether namespaces, a wire between them, and tunnels can be made here. */
export const canTunnel = (): boolean =>
  process.getuid?.() === 0 &&
  existsSync('/dev/net/tun') &&
  isThere('unshare', 'nsenter', 'ip', 'ping', 'curl') &&
  works(trial)

/** The names of those kinds of servers that this machine has the programs and the kernel for. */
export const kindsHere = (kinds: Readonly<Record<string, TunnelKind>>): ReadonlySet<string> => {
  if (!canTunnel()) return new Set()
  const here = Object.entries(kinds).filter(
    ([, { programs, trial: more }]) => isThere(...programs) && (more === undefined || works(more)),
  )
  return new Set(here.map(([name]) => name))
}
