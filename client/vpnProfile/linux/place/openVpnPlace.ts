import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseOpenVpn } from '../../../serverConfig/check/parseOpenVpn.ts'
import { valueOf } from '../../../serverConfig/check/directive.ts'
import type { ProfileForm, ProfilePlace, TunnelState } from '../../profilePlace.ts'
import type { ClientSettings } from '../clientFiles.ts'
import { clientFolders } from '../clientFolders.ts'
import { openVpnProfile } from '../openVpnProfile.ts'
import { type FormSettings, itemsIn, pemDigest } from './formSettings.ts'
import { ask, failureOf, type LinuxMachine } from './linuxMachine.ts'
import { linuxPlace } from './linuxPlace.ts'
import { askManagement } from './askManagement.ts'

const contentOf = ({ parts }: ProfileForm): string => [...parts.values()].at(-1) ?? ''

/** Files that are written into a configuration. */
const inlineForm = /^\s*<([\w-]+)>\s*$([^]*?)^\s*<\/\1>\s*$/gm

/** Networks: their order means nothing, and each is a route of its own. */
const isNetwork = (name: string): boolean => name === 'route' || name === 'route-ipv6'

const settingsOf = (form: ProfileForm): FormSettings => {
  const content = contentOf(form)
  const values = new Map<string, string>()
  for (const { name, value } of parseOpenVpn(content)) {
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before}\n${value}`)
  }
  for (const [, name = '', text = ''] of content.matchAll(inlineForm)) values.set(name, pemDigest(text))
  return new Map([...values].map(([name, value]) => [name, isNetwork(name) ? itemsIn(value, /\n/) : value]))
}

const pollMilliseconds = 50

/** How long OpenVPN may take to read its configuration anew. */
const againMilliseconds = 3_000

/** Waits for a file. @returns false when the signal came before it */
const untilThere = async (file: string, signal: AbortSignal): Promise<boolean> => {
  while (!signal.aborted && !existsSync(file)) await sleep(pollMilliseconds)
  return !signal.aborted
}

/**
 * Starts OpenVPN on a configuration, in a folder of its own and without a device: it checks all of it before it opens its
 * management socket, and waits there. Ends with what it says of a configuration that it does not take.
 */
const tryConfiguration = async (
  machine: LinuxMachine,
  content: string,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-openvpn-'))
  const [socket, enough] = [join(folder, 'socket'), new AbortController()]
  const apart = ['--dev', 'null', '--writepid', join(folder, 'pid')]
  const held = ['--management', socket, 'unix', '--management-hold']
  try {
    const stop = AbortSignal.any([signal, enough.signal])
    const run = ask(machine, ['openvpn', '--config', 'stdin', ...apart, ...held], stop, content)
    const isTaken = await Promise.race([run.then(() => false), untilThere(socket, stop)])
    enough.abort()
    const failure = failureOf('openvpn', await run)
    return isTaken ? undefined : (failure ?? 'openvpn ended by itself')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** OpenVPN 2.6, whose units run a configuration each. */
export const openVpnPlace = (
  machine: LinuxMachine,
  credential: Pick<ClientSettings, 'folder' | 'user'>,
): ProfilePlace => {
  const { root } = machine

  /** Whether the process of a configuration runs: it leaves the number behind when it is killed. */
  const runs = async (pidFile: string): Promise<boolean> => {
    try {
      const pid = Number(await readFile(root + pidFile, 'utf8'))
      return Number.isSafeInteger(pid) && (await readFile(`/proc/${pid}/comm`, 'utf8')).trim() === 'openvpn'
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }

  const processOf = async (form: ProfileForm) => {
    const directives = parseOpenVpn(contentOf(form))
    const pidFile = valueOf(directives, 'writepid')
    const [socket, kind] = valueOf(directives, 'management')?.split(' ') ?? []
    return {
      runs: pidFile === undefined ? undefined : await runs(pidFile),
      socket: kind === 'unix' && socket !== undefined ? root + socket : undefined,
    }
  }

  const state = async (form: ProfileForm, signal: AbortSignal): Promise<TunnelState> => {
    const { runs: isRunning, socket } = await processOf(form)
    // Who may not see processes of others is told by the socket; one that was killed leaves it behind.
    if (isRunning === false && (socket === undefined || !existsSync(socket))) return 'down'
    if (socket === undefined) return 'unknown'
    const line = await askManagement(socket, 'state', signal).then(
      ([first = '']) => first,
      (error: unknown) => {
        if (isRunning !== false) throw error
      },
    )
    if (line === undefined) return 'down'
    return /^\d+,CONNECTED,/.test(line) ? 'up' : /^\d+,[A-Z_]+,/.test(line) ? 'down' : 'unknown'
  }

  /** Sends a signal to OpenVPN where it runs. */
  const tell = async (form: ProfileForm, name: 'SIGHUP' | 'SIGTERM', signal: AbortSignal) => {
    const { runs: isRunning, socket } = await processOf(form)
    if (isRunning === false) return false
    if (socket === undefined) throw new Error('OpenVPN may run with it, and cannot be asked')
    await askManagement(socket, `signal ${name}`, signal)
    return true
  }

  return linuxPlace(
    {
      platform: 'openvpn',
      filesOf: openVpnProfile,
      folder: clientFolders.openvpn[0],
      ending: '.conf',
      companions: () => [],
      settingsOf,
      state,
      check: (wanted, signal) => tryConfiguration(machine, contentOf(wanted), signal),
      async use(wanted, signal) {
        if (!(await tell(wanted, 'SIGHUP', signal))) return undefined
        const late = AbortSignal.any([signal, AbortSignal.timeout(againMilliseconds)])
        for (;;) {
          await sleep(pollMilliseconds)
          if (late.aborted) return 'OpenVPN does not come back with it'
          const told = await askManagement((await processOf(wanted)).socket ?? '', 'state', late).catch(
            () => [],
          )
          if (told.length > 0) return undefined
        }
      },
      async forget(removed, signal) {
        await tell(removed, 'SIGTERM', signal)
        return undefined
      },
    },
    machine,
    credential,
  )
}
