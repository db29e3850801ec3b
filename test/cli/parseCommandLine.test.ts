import { describe, expect, it } from 'vitest'
import { commands, helpText, parseCommandLine } from '../../cli/parseCommandLine.ts'

const tooWide = (text: string): readonly string[] => text.split('\n').filter((line) => line.length > 80)

const named = commands.map((command) => ({ name: command.name, words: command.name.split(' '), command }))

describe('parseCommandLine()', () => {
  it('knows these commands', () => {
    expect(named.map(({ name }) => name)).toEqual([
      'tenant apply',
      'tenant show',
      'tenant list',
      'tenant history',
      'tenant rollback',
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
      'enroll',
      'trust fetch',
      'doctor',
    ])
  })

  it.each([
    [['tenant', 'apply', '-f', 'x.json'], 'tenant apply', { file: 'x.json' }],
    [['tenant', 'apply', '-f', '-'], 'tenant apply', { file: '-' }],
    [['tenant', 'apply', '--file=x.json', '--json'], 'tenant apply', { file: 'x.json', json: true }],
    [['tenant', 'show', '--tenant', 'contoso'], 'tenant show', { tenant: 'contoso' }],
    [['authority', 'init', '--tenant', 'contoso'], 'authority init', { tenant: 'contoso' }],
    [
      ['authority', 'stage-issuer', '--tenant', 'contoso', '--root', 'root 2', '--vault', 'v', '--dry-run'],
      'authority stage-issuer',
      { tenant: 'contoso', root: 'root 2', vault: 'v', 'dry-run': true },
    ],
    [
      ['authority', 'stage-root', '--certificate-in', 'r.pem', '--old-with-new'],
      'authority stage-root',
      { 'certificate-in': 'r.pem', 'old-with-new': true },
    ],
    [
      ['authority', 'activate', '--generation', 'issuer~0002', '--force', '--yes', '--reason', 'stolen'],
      'authority activate',
      { generation: 'issuer~0002', force: true, yes: true, reason: 'stolen' },
    ],
    [
      ['authority', 'confirm', '--relying-party', 'vpn-1', '--bundle', '3'],
      'authority confirm',
      { 'relying-party': 'vpn-1', bundle: '3' },
    ],
    [
      ['relying-party', 'remove', '--name', 'vpn-1', '--yes'],
      'relying-party remove',
      { name: 'vpn-1', yes: true },
    ],
    [
      ['ledger', 'list', '--tenant', 'contoso', '--since', '7d', '--user', 'ada@contoso.example'],
      'ledger list',
      { tenant: 'contoso', since: '7d', user: 'ada@contoso.example' },
    ],
    [['ledger', 'show', 'ada', '--tenant', 'contoso'], 'ledger show', { tenant: 'contoso' }],
    [
      ['ledger', 'export', '--out', 'a.csv', '--format', 'csv', '--refusals'],
      'ledger export',
      { out: 'a.csv', format: 'csv', refusals: true },
    ],
    [['demo', 'token'], 'demo token', { user: 'ada@contoso.example', 'non-compliant': false }],
    [
      ['demo', 'token', '--user', 'bob@contoso.example', '--non-compliant', '--deployment', 'x.json'],
      'demo token',
      { user: 'bob@contoso.example', 'non-compliant': true, deployment: 'x.json' },
    ],
    [
      ['enroll', '--tenant', 'contoso', '--token-file', 'ada.jwt', '--out', 'ada', '--url', 'u', '--ca', 'c'],
      'enroll',
      { tenant: 'contoso', 'token-file': 'ada.jwt', out: 'ada', url: 'u', ca: 'c' },
    ],
    [['enroll', '--token-command', 'get token'], 'enroll', { 'token-command': 'get token' }],
  ] as const)('reads %j', (args, name, values) => {
    const parsed = parseCommandLine(args)
    expect(parsed).toMatchObject({ kind: 'run', command: { name } })
    expect({ ...(parsed.kind === 'run' ? parsed.values : {}) }).toEqual(values)
  })

  it.each([['tenant'], ['tenant', 'aply'], ['apply', 'tenant'], ['--json'], ['tenant apply'], ['toString']])(
    'refuses %j, which is no command, and lists those there are',
    (...args) => {
      expect(() => parseCommandLine(args)).toRefuse(
        'usage-wrong',
        /no such command.*tenant apply, .*, trust fetch/,
      )
    },
  )

  describe.each(named)('mayfly $name', ({ words, command }) => {
    it('refuses an option it does not know', () => {
      const parse = () => parseCommandLine([...words, '--colour', 'red'])
      expect(parse).toRefuse(
        'usage-wrong',
        new RegExp(`^Cannot run mayfly ${command.name}: Unknown option '--colour'\\.$`),
      )
    })

    it('refuses a word too many, which may be a token, without repeating it', () => {
      const { argument } = command
      const enough = argument === undefined ? [] : ['x']
      const why = argument === undefined ? 'options only' : `one ${argument.replaceAll('|', '\\|')}`
      const parse = () => parseCommandLine([...words, ...enough, 'eyJhbGciOi. x'])
      expect(parse).toRefuse('usage-wrong', new RegExp(`: it takes ${why}\\.$`))
    })

    it('refuses an option that lacks its value, in one sentence', () => {
      const parse = (...args: readonly string[]) => parseCommandLine([...words, ...args])
      expect(() => parse('--deployment')).toRefuse(
        'usage-wrong',
        /^[^.]*'--deployment <value>' argument missing\.$/,
      )
      expect(() => parse('--deployment', '--json')).toRefuse('usage-wrong', /^[^.]*argument is ambiguous\.$/)
      expect(() => parse('--json=yes')).toRefuse('usage-wrong', /^[^.]*does not take an argument\.$/)
    })

    it.each(['--help', '-h'])('asks for its own help with %s, whatever else is said', (word) => {
      expect(parseCommandLine([...words, '--json', word])).toEqual({ kind: 'help', command })
      expect(parseCommandLine([word, ...words])).toEqual({ kind: 'help', command })
    })
  })

  it.each([[], ['help'], ['--help'], ['-h'], ['help', 'nothing']])(
    'asks for the list of commands with %j',
    (...args) => {
      expect(parseCommandLine(args)).toEqual({ kind: 'help', command: undefined })
    },
  )

  it('asks for the help of a command with "help", which npx does not keep for itself', () => {
    expect(parseCommandLine(['help', 'tenant', 'show'])).toMatchObject({
      kind: 'help',
      command: { name: 'tenant show' },
    })
  })
})

describe('helpText()', () => {
  it('lists every command and the exit codes within 80 columns', () => {
    const text = helpText()
    for (const { name, command } of named)
      expect(text).toMatch(new RegExp(`^  ${name} +${command.summary}$`, 'm'))
    expect(text).toMatch(/^exit codes: 0 ok, 1 fault, 2 usage, 3 refused, 4 try later$/m)
    expect(tooWide(text)).toEqual([])
  })

  it.each(named)('tells every option of mayfly $name within 80 columns', ({ command }) => {
    const text = helpText(command)
    for (const [name, { short }] of Object.entries(command.options)) {
      expect(text).toContain(short === undefined ? `--${name} ` : `-${short} `)
    }
    for (const name of ['--deployment', '--json']) expect(text).toContain(`${name} `)
    expect(tooWide(text)).toEqual([])
  })
})
