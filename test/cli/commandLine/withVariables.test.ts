import { describe, expect, it } from 'vitest'
import { type Command, command } from '../../../cli/commandLine/command.ts'
import { commands } from '../../../cli/commands.ts'
import { flag, type Option, text } from '../../../cli/commandLine/option.ts'
import { parseCommandLine } from '../../../cli/commandLine/parseCommandLine.ts'
import { withVariables } from '../../../cli/commandLine/withVariables.ts'

const list: Option<readonly string[]> = {
  value: 'ONE',
  help: '',
  isRepeatable: true,
  read: (texts = []) => texts,
}

const tell = command({
  name: 'tell',
  summary: '',
  options: withVariables({
    onRenew: text('FILE', ''),
    own: text('FILE', '', { variable: 'MAYFLY_OTHER' }),
    tokenCommand: text('COMMAND', ''),
    reuseKey: flag(''),
    many: list,
  }),
  run: (values) => Promise.resolve({ text: '', json: values }),
})

const toldBy = async (
  teller: Command,
  variables: Readonly<Record<string, string>>,
  ...args: readonly string[]
) => {
  const parsed = parseCommandLine(['tell', ...args], { commands: [teller], variables, now: new Date(0) })
  if (parsed.kind === 'help') throw new Error('asks for help')
  const outcome = await parsed.run({} as Parameters<typeof parsed.run>[0])
  return { chosen: parsed.chosen, values: 'json' in outcome ? outcome.json : undefined }
}

const told = (variables: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  toldBy(tell, variables, ...args)

describe.each(['agent', 'agent ensure', 'agent status', 'enroll', 'trust fetch'])('mayfly %s', (name) => {
  it('takes a variable for each of its options', () => {
    const options = Object.entries(commands.find((one) => one.name === name)?.options ?? {})
    expect(options.length).toBeGreaterThan(1)
    for (const [member, { variable }] of options)
      expect([member, variable]).toEqual([
        member,
        `MAYFLY_${member.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`,
      ])
  })
})

describe('mayfly trust fetch', () => {
  it('reads what variables say as it reads options', () => {
    const variables = { MAYFLY_TENANT: 'contoso', MAYFLY_OUT: 'trust', MAYFLY_MIRROR: 'https://a https://b' }
    const words = ['trust', 'fetch', '--mirror', 'https://c']
    const parsed = (...args: readonly string[]) =>
      parseCommandLine(args, { commands, variables, now: new Date(0) })
    expect(parsed('trust', 'fetch')).toMatchObject({
      kind: 'run',
      chosen:
        'mirror https://a https://b (MAYFLY_MIRROR), out trust (MAYFLY_OUT), tenant contoso (MAYFLY_TENANT)',
    })
    expect(parsed(...words)).toMatchObject({
      kind: 'run',
      chosen: 'out trust (MAYFLY_OUT), tenant contoso (MAYFLY_TENANT)',
    })
  })
})

describe('withVariables()', () => {
  it('gives each option a variable, and keeps its own', async () => {
    const { values } = await told({ MAYFLY_ON_RENEW: 'a', MAYFLY_OTHER: 'b', MAYFLY_OWN: 'c' })
    expect(values).toMatchObject({ onRenew: 'a', own: 'b' })
  })

  it('lets options win', async () => {
    expect((await told({ MAYFLY_ON_RENEW: 'a' }, '--on-renew', 'b')).values).toMatchObject({ onRenew: 'b' })
  })

  it.each([
    ['1', true],
    ['TRUE', true],
    ['0', false],
    ['no', false],
  ])('reads %s of an option without a value', async (given, value) => {
    expect((await told({ MAYFLY_REUSE_KEY: given })).values).toMatchObject({ reuseKey: value })
  })

  it('refuses anything else of one', async () => {
    for (const given of ['maybe', 'nothing', '10'])
      await expect(told({ MAYFLY_REUSE_KEY: given })).rejects.toMatchObject({ code: 'usage-wrong' })
  })

  it('takes several values apart at spaces', async () => {
    expect((await told({ MAYFLY_MANY: 'a  b\nc' })).values).toMatchObject({ many: ['a', 'b', 'c'] })
  })

  it('tells that a command was chosen, and not which', async () => {
    const { chosen } = await told({ MAYFLY_TOKEN_COMMAND: 'secret', MAYFLY_ON_RENEW: 'a' })
    expect(chosen).toBe('on-renew a (MAYFLY_ON_RENEW), token-command (MAYFLY_TOKEN_COMMAND)')
  })

  it('reads none that is for another purpose, however wrong', async () => {
    const choosy = {
      ...tell,
      takesVariablesFor: (isGiven: (member: string) => boolean) => (isGiven('own') ? ['many'] : []),
    }
    const variables = { MAYFLY_MANY: 'a', MAYFLY_REUSE_KEY: 'maybe' }
    expect(await toldBy(choosy, variables)).toEqual({ chosen: '', values: { many: [], reuseKey: false } })
    expect(await toldBy(choosy, variables, '--own', 'b')).toEqual({
      chosen: 'many a (MAYFLY_MANY)',
      values: { many: ['a'], own: 'b', reuseKey: false },
    })
  })
})
