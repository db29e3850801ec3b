import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const project = resolve(import.meta.dirname, '../../..')

/** Node.js as machines see it, which have the checkout as their working directory. */
export const node = process.execPath.replace(project, '/run/project')

const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  HOME: '/root',
}

/**
 * Process 1 of the laboratory. It ends when its standard input does, however the tests ended, and with it the kernel ends
 * every process, mount and network beneath. A shell that waits for a program reaps what others leave.
 */
const supervise = `set -eu
exec 3<&0
read -r pid _ </proc/self/stat
mount -t proc proc /proc
ip link add wire type bridge
ip link set wire up
echo "supervised by $pid"
cat <&3 >/dev/null || :
kill -9 -1 || :
sleep 0.2
rm -rf "$1"`

/** Covers folders by layers that are empty at first, plugs the machine in, and stays. */
const boot = `set -eu
layers=$1
for folder in etc usr/lib usr/local var/lib var/log root; do
  mkdir -p "$layers/upper/$folder" "$layers/scratch/$folder"
  mount -t overlay -o "lowerdir=/$folder,upperdir=$layers/upper/$folder,workdir=$layers/scratch/$folder" overlay "/$folder"
done
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/shared /run/project
mount --bind "$layers/../shared" /run/shared
# It may be beneath /tmp, which is covered.
mount --bind "$2" /run/project
mount -t tmpfs -o mode=1777 tmpfs /tmp
ip link set lo up
echo "booted $$"
exec sleep infinity`

/** What stands in for systemd: units are scripts that end by the daemon, one process each. */
const systemctl = `#!/bin/sh
verb= unit=
for word; do
  case $word in -*) ;; *) if [ "$verb" ]; then unit=\${word%.service}; else verb=$word; fi ;; esac
done
mkdir -p /run/units
pid() { cat "/run/units/$unit" 2>/dev/null; }
active() { [ "$(pid)" ] && kill -0 "$(pid)" 2>/dev/null; }
stop() {
  active || return 0
  kill "$(pid)"
  for _ in $(seq 50); do active || return 0; sleep 0.1; done
  kill -9 "$(pid)"
}
start() {
  active && return
  setsid sh "/usr/local/units/$unit" >>"/var/log/$unit.out" 2>&1 </dev/null &
  echo $! >"/run/units/$unit"
}
case $verb in
  start) start ;;
  stop) stop ;;
  restart) stop; start; sleep 0.5 ;;
  reload) active && kill -HUP "$(pid)" ;;
  reload-or-restart) if active; then kill -HUP "$(pid)"; else start; fi ;;
  is-active) active ;;
  *) exit 1 ;;
esac
`

/** A machine of its own, as far as files and network go. */
export interface LabMachine {
  readonly name: string
  /** In the network of all machines. */
  readonly address: string
  /** Where a file of the machine is for this process; it must be one of those that the machine wrote. */
  readonly path: (file: string) => string
  /** Runs commands of a shell. @returns what they said @throws {Error} with that when they fail */
  readonly run: (commands: string, input?: string) => Promise<string>
  /** The same, for who wants to know how they ended; null for what a signal did. */
  readonly attempt: (commands: string, input?: string) => Promise<Attempt>
  /** Starts a program of a shell's command, which runs until the laboratory ends or it is stopped. */
  readonly start: (command: string) => Started
  /** Says what `systemctl start` does, and starts it unless it is for the recipe to do. */
  readonly unit: (name: string, command: string) => Promise<void>
}

/** How commands ended. */
export interface Attempt {
  readonly code: number | null
  readonly said: string
}

/** A program of a machine. */
export interface Started {
  readonly said: () => string
  readonly isOver: () => boolean
  readonly write: (text: string) => void
  /** Ends its standard input. */
  readonly end: () => void
  readonly signal: (name: 'TERM' | 'HUP' | 'USR1' | 'USR2' | 'INT' | 'KILL') => Promise<void>
  readonly stop: () => Promise<void>
}

/** Machines on one wire, in namespaces that nothing outside can see and that end together. */
export interface Lab extends AsyncDisposable {
  /** Every machine has it as /run/shared. */
  readonly shared: string
  readonly machine: (name: string) => Promise<LabMachine>
}

/** Waits for something to happen. @returns whether it did within these seconds */
export const within = async (
  seconds: number,
  happened: () => boolean | Promise<boolean>,
): Promise<boolean> => {
  const since = performance.now()
  while (!(await happened())) {
    if (performance.now() - since > seconds * 1000) return false
    await sleep(50)
  }
  return true
}

const hear = (child: ReturnType<typeof spawn>) => {
  let said = ''
  const listen = (octets: Buffer) => void (said += octets.toString())
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  child.stdin?.on('error', () => undefined)
  child.on('error', (error) => void (said += error.message))
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  return { said: () => said, isOver }
}

/** Opens a laboratory, whose network is 10.99.0.0/24. It leaves nothing behind, whatever ends this process. */
export const openLab = async (): Promise<Lab> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-tunnels-'))
  await mkdir(join(folder, 'shared'))
  const namespaces = ['--pid', '--fork', '--kill-child', '--mount', '--net', '--ipc', '--uts']
  const child = spawn('unshare', [...namespaces, 'sh', '-c', supervise, 'supervise', folder], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    // What a terminal tells the tests it does not tell this: it is to see them end first.
    detached: true,
  })
  const { said, isOver } = hear(child)
  await within(60, () => isOver() || said().includes('supervised'))
  const supervisor = /supervised by (\d+)/.exec(said())?.[1]
  if (supervisor === undefined) throw new Error(`The laboratory did not open: ${said()}`)
  const inside = ['-t', supervisor, '--mount', '--pid', '--net', '--ipc', '--uts']
  let count = 0
  return {
    shared: join(folder, 'shared'),
    machine(name) {
      count += 1
      return bootMachine({ name, address: `10.99.0.${count}`, layers: join(folder, name), inside })
    },
    async [Symbol.asyncDispose]() {
      if (isOver()) return
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}

interface Booting {
  readonly name: string
  readonly address: string
  readonly layers: string
  readonly inside: readonly string[]
}

const bootMachine = async ({ name, address, layers, inside }: Booting): Promise<LabMachine> => {
  await mkdir(layers, { recursive: true })
  const holder = spawn(
    'nsenter',
    [...inside, 'unshare', '--mount', '--net', 'sh', '-c', boot, 'boot', layers, project],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const { said, isOver } = hear(holder)
  await within(60, () => isOver() || said().includes('booted'))
  const pid = /booted (\d+)/.exec(said())?.[1]
  if (pid === undefined) throw new Error(`The machine ${name} did not boot: ${said()}`)
  const entering = [...inside, 'nsenter', '-t', pid, '--mount', '--net', 'sh', '-c']
  const attempt = (commands: string, input = '') =>
    new Promise<Attempt>((done) => {
      const script = `cd /run/project\n${commands}`
      const running = execFile(
        'nsenter',
        [...entering, script],
        { env: environment, timeout: 150_000, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) =>
          done({
            code: error ? (typeof error.code === 'number' ? error.code : null) : 0,
            said: stdout + stderr,
          }),
      )
      running.stdin?.on('error', () => undefined)
      running.stdin?.end(input)
    })
  const run = async (commands: string, input = '') => {
    const { code, said: text } = await attempt(`set -eu\n${commands}`, input)
    if (code !== 0) throw new Error(`On ${name} this ended with ${code}:\n${commands}\n${text}`)
    return text
  }
  const outside = await new Promise<string>((done) => {
    execFile(
      'nsenter',
      [...inside, 'sh', '-c', plug, 'plug', pid, address, name],
      { env: environment },
      (_, out, error) => done(out + error),
    )
  })
  if (!outside.includes('plugged')) throw new Error(`The machine ${name} has no network: ${outside}`)
  await run(
    `cat >/usr/local/bin/systemctl; chmod 755 /usr/local/bin/systemctl; mkdir /usr/local/units`,
    systemctl,
  )
  return {
    name,
    address,
    run,
    attempt,
    path: (file) => join(layers, 'upper', file),
    start: (command) => startIn(entering, command),
    async unit(unit, command) {
      await run(`cat >/usr/local/units/'${unit}'`, command)
    },
  }
}

const plug = `set -eu
ip link add "p\${2##*.}" type veth peer name eth0 netns "$1"
ip link set "p\${2##*.}" master wire up
nsenter -t "$1" --net sh -c "ip addr add $2/24 dev eth0 && ip link set eth0 up"
echo plugged`

const startIn = (entering: readonly string[], command: string): Started => {
  const child = spawn('nsenter', [...entering, `cd /run/project\necho "pid $$"\n${command}`], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const { said, isOver } = hear(child)
  const signal = async (name: string) => {
    const pid = /^pid (\d+)$/m.exec(said())?.[1]
    if (pid === undefined || isOver()) return
    await new Promise((done) => {
      execFile('nsenter', [...entering, `kill -${name} ${pid}`], { env: environment }, done)
    })
  }
  return {
    said,
    isOver,
    signal,
    write: (text) => void child.stdin.write(text),
    end: () => void child.stdin.end(),
    async stop() {
      if (!(await within(0, isOver))) await signal('TERM')
      if (!(await within(5, isOver))) await signal('KILL')
      await within(5, isOver)
    },
  }
}

/** What a file of a machine holds; nothing before it is there. */
export const textOf = (file: string): Promise<string> => readFile(file, 'latin1').catch(() => '')
