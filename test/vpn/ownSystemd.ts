import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { isThere } from './program.ts'

const systemd = '/lib/systemd/systemd'
const repository = join(import.meta.dirname, '../..')

const namespaces = ['--mount', '--pid', '--fork', '--uts', '--ipc', '--cgroup']

/** Mounts as ownSystemd.sh does, which a container may not be allowed to. */
const mounting = `mount -t tmpfs tmpfs /mnt && cd /mnt && mkdir upper work root cgroup &&
  mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root &&
  mount -t cgroup2 cgroup2 cgroup && mkdir "cgroup/$0" && rmdir "cgroup/$0"`

/** Whether a systemd can be process 1 of namespaces of its own here. */
export const canRunSystemd = (): boolean =>
  process.getuid?.() === 0 &&
  existsSync(systemd) &&
  isThere('unshare', 'nsenter', 'setpriv', 'systemctl') &&
  spawnSync('unshare', [...namespaces, 'sh', '-c', mounting, `mayfly-${process.pid}`]).status === 0

/** What a program said inside, and how it ended. */
export interface Said {
  readonly code: number
  /** Both of its streams. */
  readonly said: string
}

/** A systemd that ends with its test. */
export interface OwnSystemd {
  /** Runs a program inside. Its network is the machine's, and nothing of its files. */
  readonly run: (program: string, ...args: readonly string[]) => Promise<Said>
  /** Runs the `mayfly` of this checkout inside. */
  readonly mayfly: (...args: readonly string[]) => Promise<Said>
}

/** Removes the groups that systemd made, once what was in them has ended. @throws {Error} when that takes a minute */
const removeGroup = (name: string): void => {
  const remove = `set -e; mount -t cgroup2 cgroup2 /mnt; cd /mnt; [ -e "$0" ] || exit 0
    for _ in $(seq 600); do find "$0" -depth -type d -exec rmdir {} + 2>/dev/null && exit; sleep 0.1; done; exit 1`
  const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', remove, name])
  if (status !== 0) throw new Error(`The control group ${name} is left behind.`)
}

/** @throws {Error} when it takes minutes */
export const eventually = async (what: string, happened: () => Promise<boolean>): Promise<void> => {
  const since = performance.now()
  while (!(await happened())) {
    if (performance.now() - since > 120_000) throw new Error(`${what}: not in two minutes`)
    await sleep(200)
  }
}

const entering = ['--mount', '--pid', '--uts', '--ipc', '--cgroup', '--root', '--wd']
const variables = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', HOME: '/root' }

/** Starts a systemd, as of a machine that has just been installed. It ends with the test, and with this process however that ends. */
export const ownSystemd = async (): Promise<OwnSystemd> => {
  const folder = await temporaryFolder()
  const group = basename(folder)
  const script = join(import.meta.dirname, 'ownSystemd.sh')
  const own = ['unshare', '--mount', script, folder, group, repository, process.execPath]
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...own], { env: variables })
  const ended = once(child, 'exit')
  let told = ''
  child.stderr.on('data', (octets: Buffer) => void (told += octets.toString()))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    removeGroup(group)
  })

  const first = async () =>
    (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').catch(() => '')).trim()
  const run = async (program: string, ...args: readonly string[]): Promise<Said> => {
    const inside = ['--target', await first(), ...entering, program, ...args]
    return new Promise((resolve) => {
      const options = { env: variables, timeout: 100_000 }
      execFile('nsenter', inside, options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
      )
    })
  }
  const isUp = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`systemd did not start:\n${told}`)
    if ((await first()) === '') return false
    return (await run('systemctl', 'is-active', 'boot.target')).code === 0
  }
  await eventually('systemd', isUp)
  return { run, mayfly: (...args) => run('/opt/node', '/opt/mayfly/tools/mayfly.mjs', ...args) }
}
