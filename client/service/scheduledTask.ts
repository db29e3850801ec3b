import { win32 } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { agentCommand, type AgentService } from './agentService.ts'
import { windowsArgument } from './windowsArgument.ts'
import { type Element, xmlElement } from './xmlText.ts'

/** Where a task runs. */
export interface TaskPlace {
  /** SID of the user; for a task of the machine that of the system itself is taken. */
  readonly userId: string
  /** The folder of Windows. */
  readonly systemRoot: string
  readonly logFile: string
}

/** By this the task that Windows keeps is known again: comments do not stay. */
export const taskSource = 'Made by mayfly agent install'

const systemSid = 'S-1-5-18'

/** How often a task looks when nobody says it: renewal windows are longer. */
const usualSeconds = 300

const element = (name: string, content: Element['content']): Element => ({ name, content })

/** Network connected, as the service of network profiles logs it. */
const connected =
  '<QueryList><Query Id="0" Path="Microsoft-Windows-NetworkProfile/Operational"><Select Path="Microsoft-Windows-NetworkProfile/Operational">*[System[EventID=10000]]</Select></Query></QueryList>'

const triggers = (service: AgentService, userId: string): Element =>
  element('Triggers', [
    service.isSystem
      ? element('BootTrigger', [element('Enabled', 'true')])
      : element('LogonTrigger', [element('Enabled', 'true'), element('UserId', userId)]),
    element('TimeTrigger', [
      element('Enabled', 'true'),
      // Any time that is over: the repetition has no end.
      element('StartBoundary', '2026-01-01T00:00:00'),
      element('Repetition', [element('Interval', `PT${service.everySeconds ?? usualSeconds}S`)]),
    ]),
    element('EventTrigger', [element('Enabled', 'true'), element('Subscription', connected)]),
  ])

const principals = (service: AgentService, userId: string): Element =>
  element('Principals', [
    {
      name: 'Principal',
      attributes: { id: 'Agent' },
      content: service.isSystem
        ? [element('UserId', systemSid)]
        : [
            element('UserId', userId),
            element('LogonType', 'InteractiveToken'),
            element('RunLevel', 'LeastPrivilege'),
          ],
    },
  ])

const settings = element('Settings', [
  element('MultipleInstancesPolicy', 'IgnoreNew'),
  element('DisallowStartIfOnBatteries', 'false'),
  element('StopIfGoingOnBatteries', 'false'),
  element('StartWhenAvailable', 'true'),
  element('ExecutionTimeLimit', 'PT15M'),
])

/** Windows puts variables and facts of events into command lines, and has no way to write such a name as it is. */
const checkLiteral = (words: readonly string[]): void => {
  const wrong = words.find((word) => /%[^%]+%|\$\(/.test(word))
  if (wrong === undefined) return
  throw new Refusal(
    'install-refused',
    `Cannot install a task that names ${wrong}: Windows would put something else in the place of %...% and $(...).`,
  )
}

/** Has no window: the console of the program is one that nobody sees. The system's own tasks have none in any case. */
const action = (service: AgentService, { systemRoot, logFile }: TaskPlace): Element => {
  const line = agentCommand({ ...service, everySeconds: service.everySeconds ?? usualSeconds }, logFile)
  const [command, ...words] = service.isSystem
    ? line
    : [win32.join(systemRoot, 'System32', 'conhost.exe'), '--headless', ...line]
  checkLiteral([command, ...words])
  return element('Exec', [
    element('Command', command),
    element('Arguments', words.map(windowsArgument).join(' ')),
  ])
}

/**
 * Writes the scheduled task of an agent (Task Scheduler 1.2, [MS-TSCH] section 2.5): it looks at the start, every so often, and
 * when the network is there again, and ends in between.
 * @throws {Refusal} `install-refused`
 */
export const scheduledTask = (service: AgentService, place: TaskPlace): string => {
  const task = {
    name: 'Task',
    attributes: { version: '1.2', xmlns: 'http://schemas.microsoft.com/windows/2004/02/mit/task' },
    content: [
      element('RegistrationInfo', [
        element('Source', taskSource),
        element('Description', 'Keeps certificates of Mayfly valid.'),
      ]),
      triggers(service, place.userId),
      principals(service, place.userId),
      settings,
      { name: 'Actions', attributes: { Context: 'Agent' }, content: [action(service, place)] },
    ],
  }
  return `<?xml version="1.0" encoding="UTF-16"?>\n${xmlElement(task)}`
}
