import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isThere } from '../program.ts'

const trial =
  'mount -t proc proc /proc && ip link add wire type bridge && ip tuntap add dev tun9 mode tun && mount -t tmpfs tmpfs /run'

/** Tells whether namespaces, a wire between them, and tunnels can be made here. */
export const canTunnel = (): boolean =>
  process.getuid?.() === 0 &&
  existsSync('/dev/net/tun') &&
  isThere('unshare', 'nsenter', 'ip', 'ping', 'curl') &&
  spawnSync('unshare', ['--pid', '--fork', '--mount', '--net', 'sh', '-c', trial]).status === 0
