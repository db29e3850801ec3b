import { Refusal } from '../../lib/errors/refusal.ts'
import { agentCommand, type AgentService } from './agentService.ts'
import { unitArgument, unitWord } from './unitWord.ts'

/** The text of a unit, by its name. */
export type Units = Readonly<Record<string, string>>

/** What V8, the network and hooks work with; a kernel enforces it for every user. */
const filters = [
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@privileged @resources',
  // A program that is told "not permitted" can say so; one that is killed cannot.
  'SystemCallErrorNumber=EPERM',
]

/** Needs rights that the manager of a user does not have. */
const confinement = [
  'PrivateTmp=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHome=read-only',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectSystem=strict',
]

/** Hooks look for a server's process, and send it a signal. They reach systemd and charon without any of it, by sockets. */
const processes = ({ needs }: AgentService): readonly string[] =>
  needs.runsHooks ? ['CapabilityBoundingSet=CAP_KILL'] : ['CapabilityBoundingSet=', 'ProtectProc=invisible']

const devices = ({ needs }: AgentService): readonly string[] =>
  needs.usesTpm
    ? ['DevicePolicy=closed', 'DeviceAllow=/dev/tpmrm0 rw', 'DeviceAllow=/dev/tpm0 rw']
    : ['PrivateDevices=yes']

const writable = ({ needs }: AgentService): readonly string[] =>
  [...new Set(needs.writable.map(({ path }) => path))].map((path) => `ReadWritePaths=${unitWord(path)}`)

const hardening = (service: AgentService): readonly string[] => [
  // Other users read the files of a bundle; those of a credential have modes of their own.
  'UMask=0022',
  ...filters,
  ...(service.isSystem
    ? [...confinement, ...processes(service), ...devices(service), ...writable(service)]
    : []),
]

/** @throws {Refusal} `install-refused` for what a unit cannot name as a program */
const commandLine = (service: AgentService): string => {
  const [executable, ...words] = agentCommand(service)
  if (/["'\\]/.test(executable))
    throw new Refusal(
      'install-refused',
      `Cannot install a service that runs ${executable}: systemd starts no program whose path has quotes or backslashes.`,
    )
  // Variables are not put into the path of the program.
  return [unitWord(executable), ...words.map(unitArgument)].join(' ')
}

const sections = (parts: Readonly<Record<string, readonly string[]>>): string =>
  Object.entries(parts)
    .map(([name, lines]) => `[${name}]\n${lines.join('\n')}\n`)
    .join('\n')

const staying = (service: AgentService): string =>
  sections({
    Unit: ['Description=Mayfly agent', ...(service.isSystem ? ['After=network.target'] : [])],
    Service: [
      'Type=exec',
      `ExecStart=${commandLine(service)}`,
      'ExecReload=/bin/kill -HUP $MAINPID',
      'Restart=on-failure',
      'RestartSec=30s',
      ...hardening(service),
    ],
    Install: [`WantedBy=${service.isSystem ? 'multi-user' : 'default'}.target`],
  })

const looking = (service: AgentService): string =>
  sections({
    Unit: ['Description=Mayfly agent, one look'],
    Service: [
      'Type=oneshot',
      `ExecStart=${commandLine(service)}`,
      // What may pass by itself is no failure of the unit: the next look comes soon.
      'SuccessExitStatus=4',
      ...hardening(service),
    ],
  })

const timer = (everySeconds: number): string =>
  sections({
    Unit: ['Description=Mayfly agent, every so often'],
    Timer: ['OnActiveSec=0', `OnUnitInactiveSec=${everySeconds}s`, 'AccuracySec=10s'],
    Install: ['WantedBy=timers.target'],
  })

/**
 * Writes the units of an agent: a service that stays, or one that looks once and the timer that starts it.
 * @throws {Refusal} `install-refused`
 */
export const systemdUnits = (service: AgentService): Units =>
  service.everySeconds === undefined
    ? { 'mayfly-agent.service': staying(service) }
    : { 'mayfly-agent.service': looking(service), 'mayfly-agent.timer': timer(service.everySeconds) }
