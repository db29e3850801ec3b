import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { isThere, type Running, run, start } from './program.ts'

/** Whether machines may be made here. */
export const isRoot = process.platform === 'linux' && process.getuid?.() === 0

/** Whether there is what makes machines, and what their programs are. */
export const has = (...programs: readonly string[]): boolean =>
  isRoot && isThere('nsenter', 'unshare', 'ip', ...programs)

const root = resolve(import.meta.dirname, '../..')
const checkout = '/usr/local/lib/checkout'

/**
 * A machine of its own: what is written to its folders goes when the test ends, and it has a network that `connect()` makes. It
 * is no other computer: processes and /tmp are those of this one.
 */
export interface Machine {
  /** Runs commands, of root or of the user ada, as the pages say: in a folder that holds `infra/`. They reach the service, on loopback. */
  readonly shell: (commands: string, user?: 'ada') => Promise<string>
  /** Runs commands in its network. */
  readonly online: (commands: string) => Promise<string>
  /** Starts a program in its network, which ends with the test. */
  readonly start: (program: string, args?: readonly string[]) => Running
  readonly pid: string
}

/** Covers folders by layers that are empty at first, so that nothing of the machine beneath changes. */
const boot = `set -eu
layers=$1
mount -t tmpfs tmpfs "$layers"
for folder in etc usr/lib usr/local var/lib root home; do
  mkdir -p "$layers/upper/$folder" "$layers/scratch/$folder"
  mount -t overlay -o "lowerdir=/$folder,upperdir=$layers/upper/$folder,workdir=$layers/scratch/$folder" overlay "/$folder"
done
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/here
# Where users other than root can read it, and where a program that is installed may be.
mkdir /usr/local/lib/checkout
mount --bind "$2" /usr/local/lib/checkout
# NetworkManager waits for udev where it could be.
mount -t sysfs -o ro sysfs /sys
ip link set lo up
echo "booted $$"
exec sleep infinity`

/** What the pages suppose: `mayfly` on the path, a user, a systemd (there is none: what it is told is kept), and ESP in the kernel. */
const furnish = `
chmod 1777 /run/here
install -d -m 700 /run/secrets
install -m 666 /dev/null /run/systemctl.asked
ln -s ${checkout}/infra /run/here/infra
useradd --create-home ada
cat >/usr/local/bin/mayfly <<'END'
#!/bin/sh
exec '${process.execPath.replace(root, checkout)}' ${checkout}/tools/mayfly.mjs "$@"
END
cat >/usr/local/bin/systemctl <<'END'
#!/bin/sh
echo "$*" >>/run/systemctl.asked
END
chmod 755 /usr/local/bin/*
cat >/etc/strongswan.d/test.conf <<'END'
charon {
  plugins {
    kernel-libipsec {
      load = yes
    }
  }
}
# It comes with a list of its own.
charon-nm {
  load = random nonce x509 revocation constraints pubkey pkcs1 pkcs8 pem openssl kdf kernel-libipsec kernel-netlink socket-default
  filelog {
    stderr {
      path = /run/charon-nm.log
      default = 1
      flush_line = yes
    }
  }
}
charon-systemd {
  filelog {
    stderr {
      default = 1
      flush_line = yes
    }
  }
}
END`

const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
}

/** Makes a machine until the test ends. */
export const makeMachine = async (): Promise<Machine> => {
  const layers = await mkdtemp(join(tmpdir(), 'mayfly-machine-'))
  onTestFinished(() => rm(layers, { recursive: true, force: true }))
  const holder = start('unshare', ['--mount', '--net', 'sh', '-c', boot, 'boot', layers, root])
  await holder.says(/^booted \d+$/m)
  const [, pid = ''] = /^booted (\d+)$/m.exec(holder.said()) ?? []
  const within = (isOnline: boolean) => ['-t', pid, '--mount', ...(isOnline ? ['--net'] : [])]
  const shell = async (commands: string, { isOnline = false, user = 'root' } = {}) => {
    const as = ['setpriv', '--reuid', user, '--regid', user, '--init-groups']
    const words = ['bash', '--norc', '-euo', 'pipefail', '-c', `cd /run/here\n${commands}`]
    const { stdout, stderr } = await promisify(execFile)('nsenter', [...within(isOnline), ...as, ...words], {
      env: { ...environment, HOME: user === 'root' ? '/root' : `/home/${user}` },
      timeout: 200_000,
    })
    return stdout + stderr
  }
  await shell(furnish)
  return {
    pid,
    shell: (commands, user) => shell(commands, { user }),
    online: (commands) => shell(commands, { isOnline: true }),
    start: (program, args = []) => start('nsenter', [...within(true), program, ...args], environment),
  }
}

/** Runs commands until they succeed. @throws {Error} as they do after a minute */
export const until = (machine: Machine, commands: string): Promise<string> =>
  machine.online(
    `for _ in $(seq 120); do if (${commands}) >/dev/null 2>&1; then break; fi; sleep 0.5; done; ${commands}`,
  )

/** Lays a cable between two machines, both ends of which are `eth0`. */
export const connect = (one: Machine, other: Machine): string =>
  run('ip', `link add eth0 netns ${one.pid} type veth peer name eth0 netns ${other.pid}`.split(' '))
