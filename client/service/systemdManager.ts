import { posix } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { AgentService, WritableFolder } from './agentService.ts'
import { withMarker } from './serviceFile.ts'
import type { ServiceManager, Step } from './serviceManager.ts'
import { systemdUnits } from './systemdUnits.ts'

const unitNames = ['mayfly-agent.timer', 'mayfly-agent.service']

/** What is enabled of some units: the timer where there is one, which starts the service. */
const entryOf = (files: readonly string[]): string =>
  unitNames.find((name) => files.some((file) => posix.basename(file) === name)) ?? 'mayfly-agent.service'

/** A service of the machine has folders for temporary files of its own, in which nobody finds what is in these. */
const hidden = /^\/(?:var\/)?tmp(?:\/|$)/

/** @throws {Refusal} `install-refused` */
const checkVisible = ({ isSystem, program, configurationFile, needs }: AgentService): void => {
  const paths = [...program, configurationFile, ...needs.writable.map(({ path }) => path)]
  const wrong = isSystem ? paths.find((path) => hidden.test(path)) : undefined
  if (wrong === undefined) return
  throw new Refusal(
    'install-refused',
    `Cannot install a service that uses ${wrong}: it has a /tmp of its own, and what is there does not outlive the machine.`,
  )
}

/** Every folder of a user's service is the agent's to make; one of the machine's must be there to be writable. */
const foldersOf = ({ isSystem, needs }: AgentService): readonly WritableFolder[] =>
  isSystem ? needs.writable : []

/** Where units of one kind are kept, and by whom. */
export interface SystemdPlace {
  /** Of unit files: `/etc/systemd/system`. */
  readonly folder: string
  readonly isSystem: boolean
}

/** The systemd of the machine, or of the user. */
export const systemdManager = ({ folder, isSystem }: SystemdPlace): ServiceManager => {
  const systemctl = (...words: readonly string[]): Step => ({
    program: 'systemctl',
    arguments: [...(isSystem ? [] : ['--user']), ...words],
  })
  const reload = systemctl('daemon-reload')
  return {
    name: 'systemd',
    places: unitNames.map((name) => posix.join(folder, name)),
    filesOf(service) {
      checkVisible(service)
      return Object.entries(systemdUnits(service)).map(([name, text]) => ({
        path: posix.join(folder, name),
        contents: Buffer.from(withMarker(text, 'unit')),
      }))
    },
    foldersOf,
    start: (files) => [reload, systemctl('enable', '--now', entryOf(files))],
    isOn: (files) => ['is-enabled', 'is-active'].map((verb) => systemctl(verb, '--quiet', entryOf(files))),
    stop: (files) => [systemctl('disable', '--now', ...files.map((file) => posix.basename(file)))],
    forget: [
      reload,
      // One that failed would be listed although it is gone.
      {
        ...systemctl('reset-failed', 'mayfly-agent.service'),
        onlyIf: systemctl('is-failed', '--quiet', 'mayfly-agent.service'),
      },
    ],
    advice: isSystem
      ? '`journalctl -u mayfly-agent` shows its events, and `systemctl edit mayfly-agent` lets it do more.'
      : '`journalctl --user -u mayfly-agent` shows its events. It ends when the user signs out: `loginctl enable-linger` keeps it.',
  }
}
