import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentService } from '../../../client/service/agentService.ts'
import { scheduledTask } from '../../../client/service/scheduledTask.ts'
import { encodeUtf16 } from '../../../client/service/serviceFile.ts'
import { windowsArgument } from '../../../client/service/windowsArgument.ts'
import { nastyName, testService } from './services.ts'
import { elementTexts, hasXmllint, taskFaults } from './xmlLint.ts'

const place = {
  userId: 'S-1-5-21-1-2-3-1001',
  systemRoot: 'C:\\Windows',
  logFile: 'C:\\Users\\Jörg Müller\\AppData\\Local\\Mayfly\\agent.log',
}

const ofUser = (changes: Partial<AgentService> = {}) =>
  testService({
    isSystem: false,
    program: ['C:\\Program Files\\Mayfly & Söhne\\mayfly.exe'],
    configurationFile: 'C:\\Users\\Jörg Müller\\mayfly.toml',
    ...changes,
  })

/** Splits a command line as CommandLineToArgvW does what comes after the program. */
const argumentsOf = (line: string): readonly string[] => {
  const words: string[] = []
  let [word, isQuoted]: [string | undefined, boolean] = [undefined, false]
  for (const [part, slashes = '', mark] of line.matchAll(/(\\*)(")|\\+|[^\\"]/gs)) {
    if (mark !== undefined) {
      const isLiteral = slashes.length % 2 === 1
      word = `${word ?? ''}${slashes.slice(0, slashes.length / 2)}${isLiteral ? '"' : ''}`
      isQuoted = isLiteral ? isQuoted : !isQuoted
    } else if (part === ' ' && !isQuoted) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = `${word ?? ''}${part}`
  }
  expect(isQuoted).toBe(false)
  return word === undefined ? words : [...words, word]
}

describe.runIf(hasXmllint)('scheduledTask(), as libxml2 reads it', () => {
  it.each([
    ['a user', ofUser()],
    ['a user, every ten minutes', ofUser({ everySeconds: 600 })],
    ['the machine', ofUser({ isSystem: true })],
  ])('is a task by the schema, for %s', async (_, service) => {
    expect(await taskFaults(encodeUtf16(scheduledTask(service, place)))).toBe('')
  })

  it.each([
    ['PT300S', 'PT30S', 'Interval'],
    ['InteractiveToken', 'Nobody', 'LogonType'],
    ['conhost', 'x'.repeat(260), 'maxLength'],
    ['StopIfGoingOnBatteries', 'Stop', 'Stop'],
  ])('would be told of %s as %s', async (right, wrong, where) => {
    const task = scheduledTask(ofUser(), place)
    expect(task).toContain(right)
    expect(await taskFaults(encodeUtf16(task.replaceAll(right, wrong)))).toContain(where)
  })

  it('runs for the user with the least rights, in no window, at sign-in, in between and when the network is back', async () => {
    const task = encodeUtf16(scheduledTask(ofUser(), place))
    const texts = (name: string) => elementTexts(task, name)
    expect(await texts('UserId')).toEqual([place.userId, place.userId])
    expect(await texts('RunLevel')).toEqual(['LeastPrivilege'])
    expect(await texts('Command')).toEqual(['C:\\Windows\\System32\\conhost.exe'])
    const [line = ''] = await texts('Arguments')
    expect(argumentsOf(line)).toEqual([
      '--headless',
      'C:\\Program Files\\Mayfly & Söhne\\mayfly.exe',
      'agent',
      '--config',
      'C:\\Users\\Jörg Müller\\mayfly.toml',
      '--once',
      '--log-file',
      place.logFile,
    ])
    expect(await texts('Interval')).toEqual(['PT300S'])
    const [subscription = ''] = await texts('Subscription')
    expect(subscription).toMatch(/^<QueryList>.*NetworkProfile\/Operational.*EventID=10000/)
    expect(await elementTexts(subscription, 'none')).toEqual([])
  })

  it('runs for the machine as the system itself, from its start on', async () => {
    const task = scheduledTask(ofUser({ isSystem: true }), place)
    expect(await elementTexts(encodeUtf16(task), 'UserId')).toEqual(['S-1-5-18'])
    expect(task).toContain('<BootTrigger>')
    expect(task).not.toMatch(/LogonTrigger|conhost/)
  })
})

describe('scheduledTask()', () => {
  it.each(['C:\\%TEMP%\\a.toml', 'C:\\$(Arg0)\\a.toml'])(
    'refuses %s, which Windows would read otherwise',
    (file) => {
      expect(() => scheduledTask(ofUser({ configurationFile: file }), place)).toRefuse('install-refused')
    },
  )

  it('takes a percent sign that begins no variable', () => {
    expect(scheduledTask(ofUser({ configurationFile: 'C:\\100% sure\\a.toml' }), place)).toContain(
      '100% sure',
    )
  })
})

describe('windowsArgument()', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(nastyName, { minLength: 1, maxLength: 4 }), (words) => {
        expect(argumentsOf(words.map(windowsArgument).join(' '))).toEqual(words)
      }),
    )
  })

  /** From Microsoft's page on CommandLineToArgvW. */
  it.each([
    ['a\\\\b', 'a\\\\b'],
    ['d e\\', '"d e\\\\"'],
    ['a"b', '"a\\"b"'],
    ['a\\"b c', '"a\\\\\\"b c"'],
    ['', '""'],
  ])('writes %j as %s', (text, written) => expect(windowsArgument(text)).toBe(written))
})
