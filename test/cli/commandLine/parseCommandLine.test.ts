import { describe, expect, it } from 'vitest'
import { helpText } from '../../../cli/commandLine/helpText.ts'
import { argumentOptions, optionName } from '../../../cli/commandLine/option.ts'
import { commands } from '../../../cli/commands.ts'
import { parseWords } from '../parseWords.ts'

const tooWide = (text: string): readonly string[] => text.split('\n').filter((line) => line.length > 80)

/** Values of options that do not take just anything. */
const fitting: Readonly<Record<string, string>> = { retentionDays: '90', keySha256: 'a'.repeat(64) }

/** Gives a command what it must have. */
const enough = ({ argument, options }: (typeof commands)[number]): readonly string[] => [
  ...(argument === undefined ? [] : ['x']),
  ...Object.entries(options).flatMap(([member, { isRequired, byDefault }]) =>
    isRequired && byDefault === undefined ? [`--${optionName(member)}=${fitting[member] ?? 1}`] : [],
  ),
]

const named = commands.map((command) => ({ name: command.name, words: command.name.split(' '), command }))

describe('parseCommandLine()', () => {
  it('knows these commands', () => {
    expect(named.map(({ name }) => name)).toEqual([
      'tenant apply',
      'tenant show',
      'tenant list',
      'tenant history',
      'tenant rollback',
      'policy apply',
      'policy check',
      'policy list',
      'policy show',
      'policy remove',
      'policy what-if',
      'policy replay',
      'location apply',
      'location list',
      'location remove',
      'compliance apply',
      'compliance check',
      'compliance list',
      'compliance show',
      'compliance remove',
      'compliance what-if',
      'authority init',
      'authority stage-root',
      'authority stage-issuer',
      'authority activate',
      'authority deactivate',
      'authority retire',
      'authority taint',
      'authority republish',
      'authority status',
      'authority export',
      'authority confirm',
      'relying-party add',
      'relying-party remove',
      'relying-party list',
      'deny user',
      'deny device',
      'deny key',
      'deny lift',
      'deny list',
      'ledger list',
      'ledger show',
      'ledger refusals',
      'ledger export',
      'ledger reconcile',
      'ledger prune',
      'demo token',
      'demo posture',
      'demo attestation',
      'enroll',
      'agent ensure',
      'agent status',
      'agent check',
      'agent guard',
      'agent install',
      'agent uninstall',
      'agent',
      'trust fetch',
      'server-config check',
      'server-config',
      'profile check',
      'profile watch',
      'profile schema',
      'profile import dpc',
      'profile windows',
      'profile windows-entra',
      'profile openvpn',
      'profile strongswan',
      'profile networkmanager',
      'doctor',
      'completion',
      'man',
    ])
  })

  it.each(named)('gives mayfly $name its options, a word and what is common', ({ words, command }) => {
    const parsed = parseWords([...words, ...enough(command), '--json', '--deployment', 'a.json'])
    expect(parsed).toMatchObject({ kind: 'run', command, asJson: true, deployment: 'a.json', chosen: '' })
    expect(parsed).toHaveProperty('argument', command.argument === undefined ? '' : 'x')
  })

  it.each(named)('refuses mayfly $name without an option that must be given, or with an empty one', (one) => {
    const { words, command } = one
    const all = enough(command)
    for (const word of all.filter((given) => given.startsWith('--'))) {
      const name = word.split('=')[0]
      const rest = all.filter((given) => given !== word)
      for (const args of [rest, [...rest, `${name}=`]])
        expect(() => parseWords([...words, ...args])).toRefuse(
          'usage-wrong',
          new RegExp(`: ${name} is missing\\.$`),
        )
    }
  })

  it.each([
    [['tenant'], /The commands are tenant apply, tenant show, [^d]*\.$/],
    [['tenant', 'aply'], /The nearest is tenant apply\.$/],
    [['tenat', 'apply', '--json'], /The nearest is tenant apply\.$/],
    [['docter'], /The nearest is doctor\.$/],
    [['authority', 'stage-isuer'], /The nearest is authority stage-issuer\.$/],
    [['apply', 'tenant'], /The commands are tenant apply, .*, man\.$/],
    [['--json'], /The commands are tenant apply/],
    [['tenant apply'], /The nearest is tenant apply\.$/],
    [['toString'], /The commands are tenant apply/],
    [['eyJhbGciOi'.repeat(9_999)], /^(?!.*eyJ).*The commands are tenant apply/],
  ])('refuses what is no command, and names those that may be meant', (args, told) => {
    expect(() => parseWords(args)).toRefuse('usage-wrong', told)
  })

  it('takes the deployment and the tenant from the environment, and tells so, where no option names them', () => {
    const variables = { MAYFLY_DEPLOYMENT: 'b.json', MAYFLY_TENANT: 'contoso' }
    const show = ['tenant', 'show']
    expect(parseWords(show, variables)).toMatchObject({
      deployment: 'b.json',
      chosen: 'deployment b.json (MAYFLY_DEPLOYMENT), tenant contoso (MAYFLY_TENANT)',
    })
    const told = [...show, '--tenant', 'fabrikam', '--deployment', 'a.json']
    expect(parseWords(told, variables)).toMatchObject({ deployment: 'a.json', chosen: '' })
    expect(() => parseWords(show, { MAYFLY_TENANT: '' })).toRefuse('usage-wrong', /--tenant is missing/)
    expect(() => parseWords([...show, '--tenant', ''], variables)).toRefuse(
      'usage-wrong',
      /--tenant is missing/,
    )
    expect(parseWords(['ledger', 'prune', '--retention-days', '90'], variables)).toHaveProperty(
      'chosen',
      'deployment b.json (MAYFLY_DEPLOYMENT)',
    )
  })

  describe.each(named)('mayfly $name', ({ words, command }) => {
    it('refuses an option it does not know', () => {
      const parse = () => parseWords([...words, '--colour', 'red'])
      expect(parse).toRefuse(
        'usage-wrong',
        new RegExp(`^Cannot run mayfly ${command.name}: Unknown option '--colour'\\.$`),
      )
    })

    it('refuses a word too many, which may be a token, without repeating it', () => {
      const { argument } = command
      const word = argument === undefined ? [] : ['x']
      const why = argument === undefined ? 'options only' : `one ${argument.replaceAll('|', '\\|')}`
      const parse = () => parseWords([...words, ...word, 'eyJhbGciOi. x'])
      expect(parse).toRefuse('usage-wrong', new RegExp(`: it takes ${why}\\.$`))
    })

    it('refuses an option that lacks its value, in one sentence', () => {
      const parse = (...args: readonly string[]) => parseWords([...words, ...args])
      expect(() => parse('--deployment')).toRefuse(
        'usage-wrong',
        /^[^.]*'--deployment <value>' argument missing\.$/,
      )
      expect(() => parse('--deployment', '--json')).toRefuse('usage-wrong', /^[^.]*argument is ambiguous\.$/)
      expect(() => parse('--json=yes')).toRefuse('usage-wrong', /^[^.]*does not take an argument\.$/)
    })

    it.each(['--help', '-h'])('asks for its own help with %s, whatever else is said', (word) => {
      const help = { kind: 'help', text: helpText(commands, words) }
      expect(help.text).toContain(`mayfly ${command.name}`)
      expect(parseWords([...words, '--json', word])).toEqual(help)
      expect(parseWords([word, ...words])).toEqual(help)
    })
  })

  it.each([[], ['help'], ['--help'], ['-h'], ['help', 'nothing'], ['nothing', '--help']])(
    'lists all commands with %j',
    (...args) => {
      expect(parseWords(args)).toEqual({ kind: 'help', text: helpText(commands) })
    },
  )

  it.each([[['help', 'deny']], [['deny', '--help']], [['-h', 'deny', 'usre']]])(
    'lists the commands of a group with %j',
    (args) => {
      const { text } = parseWords(args) as { readonly text: string }
      expect(text).toMatch(/^mayfly deny COMMAND/)
      expect(text.match(/^ {2}\w+/gm)).toEqual(Array(5).fill('  deny'))
    },
  )
})

describe('argumentOptions()', () => {
  it('gives every option a letter of its own, and a name that the common ones leave free', () => {
    for (const { options, name } of commands) {
      const own = argumentOptions(options)
      for (const common of ['deployment', 'json', 'help']) expect(own, name).not.toHaveProperty([common])
      expect(Object.values(own).filter(({ short }) => short === 'h')).toEqual([])
    }
  })
})

describe('helpText()', () => {
  it('lists every command and the exit codes within 80 columns', () => {
    const text = helpText(commands)
    for (const { name, command } of named)
      expect(text).toMatch(new RegExp(`^  ${name} +${command.summary}$`, 'm'))
    expect(text).toMatch(/^exit codes: 0 ok, 1 fault, 2 usage, 3 refused, 4 try later$/m)
    expect(tooWide(text)).toEqual([])
  })

  it.each(named)('tells every option of mayfly $name within 80 columns', ({ words, command }) => {
    const text = helpText(commands, words)
    for (const [member, { help, short }] of Object.entries(command.options)) {
      expect(text).toContain(`  ${short === undefined ? '' : `-${short}, `}--${optionName(member)} `)
      expect(help).not.toBe('')
    }
    for (const name of ['--deployment', '--json', '-h, --help']) expect(text).toContain(`${name} `)
    expect(tooWide(text)).toEqual([])
  })

  it('tells which variable stands in for an option', () => {
    expect(helpText(commands, ['tenant', 'show'])).toMatch(
      /--tenant TENANT +the tenant; else MAYFLY_TENANT$/m,
    )
    expect(helpText(commands, ['doctor'])).toMatch(/--deployment FILE +.*; else MAYFLY_DEPLOYMENT$/m)
  })
})
