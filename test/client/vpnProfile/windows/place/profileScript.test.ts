import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { profileScript } from '../../../../../client/vpnProfile/windows/place/profileScript.ts'
import type {
  ScriptBeside,
  ScriptRequest,
} from '../../../../../client/vpnProfile/windows/place/scriptRequest.ts'
import { hasPowerShell } from '../../../powerShellServer.ts'
import { faultsOfPowerShell } from '../../../store/windowsMachine.ts'
import { type Case, type Plant, type Ran, runOnWindows } from './windowsProfiles.ts'

const name = 'Büro & "VPN" [1]'

const beside: ScriptBeside = {
  phonebook: { VpnStrategy: '14', NetworkOutageTime: '1800', IpInterfaceMetric: '5', UseRasCredentials: '0' },
  mtu: 1280,
  machinePurposes: ['1.2.3'],
  proxyExceptions: ['a.example', 'b.example'],
  proxyBypassLocal: true,
}

const usual: ScriptBeside = {
  phonebook: { VpnStrategy: '7', NetworkOutageTime: '60' },
  mtu: 1400,
  machinePurposes: [],
  proxyExceptions: [],
  proxyBypassLocal: false,
}

const xml = (address: string): string => `<VPNProfile>
  <AlwaysOn>true</AlwaysOn>
  <DnsSuffix>&lt;R&amp;D&gt;.example</DnsSuffix>
  <Proxy><Manual><Server>http://proxy.example:8080</Server></Manual></Proxy>
  <NativeProfile><Servers>vpn.example.com</Servers></NativeProfile>
  <Route><Address>${address}</Address><PrefixSize>32</PrefixSize></Route>
</VPNProfile>
`

type ApplyRequest = Extract<ScriptRequest, { readonly action: 'apply' }>

const apply = (address: string, more: Partial<ApplyRequest> = {}): ApplyRequest => ({
  action: 'apply',
  name,
  xml: xml(address),
  beside,
  ...more,
})

const old = { request: apply('10.0.0.1', { beside: usual }) }
const renew = apply('10.0.0.2')
const list = { request: { action: 'list' } as const }

/** The same calls, with what the name of a trial and of a task is made of left out. */
const callsOf = (ran: Ran | undefined): readonly string[] =>
  (ran?.calls ?? []).map((call) => call.replace(/(?<=Mayfly (?:trial|MTU)) [0-9a-f]{16}/, ''))

const calls = [
  'create Mayfly trial',
  `delete ${name}`,
  `create ${name}`,
  `purposes ${name} 1.2.3`,
  `proxy ${name} proxy.example:8080 a.example b.example True`,
  'task Mayfly MTU',
  'delete Mayfly trial',
]

/** Each call of a renewal, and each way in which it does not go on; who dies after one dies before the next. */
const plants: readonly Plant[] = calls
  .map((call) => `${call.split(' ')[0]} ${call.includes(name) ? 'Büro*' : 'Mayfly*'}`)
  .flatMap((call) => (['fails', 'persists', 'dies'] as const).map((how) => ({ call, how })))

/** Neither the new one nor the old one can be made. */
const neitherPlant: Plant = { call: 'create B*', how: 'fails', isLasting: true }

interface Listed {
  readonly profiles: readonly { readonly name: string; readonly xml: string; readonly beside: ScriptBeside }[]
}

const listedBy = (ran: Ran | undefined): Listed['profiles'] => {
  if (ran?.answer === null || ran === undefined) throw new Error(ran?.failed ?? 'nothing was run')
  return (ran.answer as Listed).profiles
}

/** What is installed, in short: whose route it has, and whether what is beside it is of the same. */
const installed = (ran: Ran | undefined): readonly string[] =>
  listedBy(ran).map((one) => {
    const route = /<Address>(.*)<\/Address>/.exec(one.xml)?.[1]
    const wanted = route === '10.0.0.1' ? usual : beside
    const phonebook = { ...one.beside.phonebook, ...wanted.phonebook }
    const isWhole = isDeepStrictEqual(one.beside, { ...wanted, phonebook })
    return `${one.name} ${route} ${isWhole ? 'whole' : JSON.stringify(one.beside)}`
  })

const sid = 'S-1-5-21-1-2-3-1001'
const oldOne = [`${name} 10.0.0.1 whole`]
const newOne = [`${name} 10.0.0.2 whole`]

describe('the script for profiles of Windows', () => {
  it.runIf(hasPowerShell)('is parsed without a fault, and has what PowerShell 5.1 knows', () => {
    const [faults, ...planted] = faultsOfPowerShell([profileScript(), `${profileScript()}if (`])
    expect(faults).toEqual([])
    expect(planted.flat().length).toBeGreaterThan(0)
    expect(profileScript()).not.toMatch(
      /\?\?|&&|\|\||\?\.|`|::new\(|\s\?\s.*\s:\s|-Parallel|ConvertFrom-Json.*-AsHashtable/,
    )
    expect(profileScript()).toMatch(/^[\n\x20-\x7e]*$/)
  })
})

describe.runIf(hasPowerShell)('on a Windows that stands in', () => {
  const cases: Readonly<Record<string, Case>> = {
    renewal: { before: [old], runs: [{ request: renew }, list] },
    first: { runs: [{ request: renew }, list, { request: { action: 'remove', name } }, list] },
    longest: { runs: [{ request: { ...renew, name: 'ü'.repeat(255) } }, list] },
    escaped: { isEscaped: true, before: [old], runs: [{ request: renew }, list] },
    notWhatItWas: {
      before: [old],
      runs: [{ request: renew, alters: [{ name: 'Mayfly*', from: '10.0.0.2', to: '10.0.0.9' }] }, list],
    },
    notWhatItWasLater: {
      before: [old],
      runs: [{ request: renew, alters: [{ name: 'B*', from: '10.0.0.2', to: '10.0.0.9' }] }, list],
    },
    firstFails: { runs: [{ request: renew, plants: [{ call: 'purposes*', how: 'fails' }] }, list] },
    neither: {
      before: [old],
      runs: [{ request: renew, plants: [neitherPlant] }, list],
    },
    stuck: {
      before: [old],
      runs: [
        { request: renew, plants: [neitherPlant] },
        { request: { action: 'look' } },
        { ...list, plants: [neitherPlant] },
        { request: { ...renew, name: 'Another' }, plants: [neitherPlant] },
        { request: renew },
        list,
      ],
    },
    stopped: { before: [old], runs: [{ request: { ...renew, stop: 'abc' }, stops: true }, list] },
    byHand: {
      before: [{ by: 'hand', name }],
      runs: [{ request: renew }, { request: { action: 'remove', name } }],
    },
    others: {
      before: [old, { by: 'hand', name: 'By hand' }],
      book: '[Old [modem]]\r\nType=1\r\nVpnStrategy=1\r\n\r\n',
      runs: [{ request: renew }, list],
    },
    user: {
      runs: [
        { request: apply('10.0.0.2', { beside: usual }), sid },
        { ...list, sid },
        { ...list, sid: 'ada' },
        list,
      ],
    },
    file: {
      runs: [
        { request: { ...renew, name: '' }, by: 'file' },
        { request: old.request, by: 'file' },
        { request: renew, by: 'itself' },
        list,
      ],
    },
    notSystem: { whoami: 'S-1-5-21-1-2-3-1001', runs: [{ request: renew }] },
    up: {
      interfaces: [{ InterfaceAlias: name, ConnectionState: 1 }],
      runs: [{ request: { action: 'state', name } }],
    },
    down: { before: [old], status: 'NotConnected', runs: [{ request: { action: 'state', name } }] },
    dialing: { before: [old], status: 'Connecting', runs: [{ request: { action: 'state', name } }] },
    strange: { before: [old], status: 'Getrennt', runs: [{ request: { action: 'state', name } }] },
    blind: {
      before: [old],
      isBlind: true,
      status: 'NotConnected',
      runs: [{ request: { action: 'state', name } }],
    },
    absent: { runs: [{ request: { action: 'state', name } }] },
    gateway: {
      routes: [{ DestinationPrefix: '::/0', NextHop: 'fe80::1' }],
      runs: [{ request: { action: 'gateway' } }],
    },
    noNetwork: {
      routes: [{ DestinationPrefix: '::/0', NextHop: '::' }],
      runs: [{ request: { action: 'gateway' } }],
    },
    tunnelAlone: {
      routes: [
        { DestinationPrefix: '::/0', NextHop: '::' },
        { DestinationPrefix: '0.0.0.0/0', NextHop: '192.0.2.1' },
      ],
      runs: [{ request: { action: 'gateway' } }],
    },
    ...Object.fromEntries(
      plants.map((plant) => [
        `${plant.call} ${plant.how}`,
        { before: [old], runs: [{ request: renew, plants: [{ ...plant }] }, list] },
      ]),
    ),
  }
  const wrongs: readonly (readonly [string, Partial<ApplyRequest>])[] = [
    ['a name', { name: 'a/b' }],
    ['a name', { name: 'a]\n[b' }],
    ['a name', { name: '.a' }],
    ['a name', { name: 'a<b' }],
    ['a name', { name: 'a'.repeat(256) }],
    ['the name is one of a trial', { name: 'Mayfly trial 1' }],
    ['VPNProfile', { xml: '<Profile/>' }],
    ['type of its own', { xml: `<!DOCTYPE x [<!ENTITY a "b">]>${xml('10.0.0.1')}` }],
    ['', { xml: xml('10.0.0.1').slice(0, -5) }],
    ['', { xml: xml('10.0.0.300') }],
    ['names no server', { xml: '<VPNProfile/>' }],
    ['the phonebook has no', { beside: { ...beside, phonebook: { PhoneNumber: '1' } } }],
    ['the phonebook has no', { beside: { ...beside, phonebook: { VpnStrategy: '7\n[x]' } } }],
    ['an MTU', { beside: { ...beside, mtu: 1500 } }],
    ['a purpose', { beside: { ...beside, machinePurposes: ['clientAuth'] } }],
    ['need a proxy', { xml: xml('10.0.0.2').replace(/<Proxy>.*\n/, '') }],
  ]
  let world: string
  let ran: ReadonlyMap<string, readonly Ran[]>

  beforeAll(async () => {
    const all = Object.entries(cases)
    world = await mkdtemp(join(tmpdir(), 'mayfly-windows-'))
    const results = await runOnWindows(world, [
      ...all.map(([, one]) => one),
      { before: [old], runs: [...wrongs.map(([, more]) => ({ request: { ...renew, ...more } })), list] },
    ])
    ran = new Map([...all.map(([key]) => key), 'wrongs'].map((key, at) => [key, results[at] ?? []]))
  }, 300_000)

  afterAll(() => rm(world, { recursive: true, force: true }))

  const runsOf = (key: string) => ran.get(key) ?? []

  it('validates, creates, verifies and removes, in this order, and leaves nothing of the trial', () => {
    const [one, two] = runsOf('renewal')
    expect(one?.failed).toBeNull()
    expect(callsOf(one)).toEqual(calls)
    expect(one?.left.hasJournal).toBe(false)
    expect(installed(two)).toEqual(newOne)
    expect(
      runsOf('renewal')
        .at(-1)
        ?.left.profiles.map(({ xml: text }) => text),
    ).toEqual([xml('10.0.0.2')])
  })

  it.each(wrongs.map(([why], at) => [why, at] as const))(
    'touches nothing for a request with a fault: %s (%i)',
    (why, at) => {
      const one = runsOf('wrongs')[at]
      expect(one?.failed).toContain(why)
      expect(one?.calls).toEqual([])
      expect(installed(runsOf('wrongs').at(-1))).toEqual(oldOne)
    },
  )

  it.each(plants.filter(({ how }) => how !== 'dies'))(
    'leaves the old or the new one whole where "$call" $how (fault 2) (fault 12)',
    ({ call, how }) => {
      const [one, two] = runsOf(`${call} ${how}`)
      const isLate = call === 'delete Mayfly*'
      expect(installed(two)).toEqual(isLate ? newOne : oldOne)
      expect(one?.failed === null).toBe(isLate)
      if (!isLate)
        expect(one?.failed).toMatch(/^(?:Zugriff verweigert|Zeitüberschreitung) \(0x80131509\); the old/)
      expect(two?.left).toMatchObject({ hasJournal: false, profiles: [{ name }] })
    },
  )

  it.each(plants.filter(({ how }) => how === 'dies'))(
    'has the next run mend what was killed after "$call" (fault 2)',
    ({ call, how }) => {
      const [one, two] = runsOf(`${call} ${how}`)
      expect(one?.left.hasJournal).toBe(true)
      expect(one?.left.profiles.length).toBeGreaterThan(0)
      expect([oldOne, newOne]).toContainEqual(installed(two))
      expect(two?.left).toMatchObject({ hasJournal: false, profiles: [{ name }] })
    },
  )

  it('makes the first one without a trial, removes it with its task, and tells it with what is beside it', () => {
    const [one, two, three, four] = runsOf('first')
    expect(callsOf(one)).toEqual(calls.slice(2, -1))
    expect(one?.left.tasks.map(({ Source }) => Source)).toEqual(['1280'])
    expect(one?.left.tasks[0]?.Does).toMatch(/Set-NetIPInterface -NlMtuBytes 1280$/)
    expect(installed(two)).toEqual(newOne)
    expect(callsOf(three)).toEqual([`delete ${name}`, 'untask Mayfly MTU'])
    expect(four?.answer).toEqual({ profiles: [], left: '' })
    expect(four?.left).toMatchObject({ hasJournal: false, tasks: [] })
  })

  it('leaves nothing of a first one that fails', () => {
    const [one, two] = runsOf('firstFails')
    expect(one?.failed).toMatch(/; none is in force$/)
    expect(two).toMatchObject({ answer: { profiles: [] }, left: { hasJournal: false } })
  })

  it('takes a name of 255 characters, each of several octets', () => {
    expect(runsOf('longest')[0]?.failed).toBeNull()
    expect(installed(runsOf('longest')[1])).toEqual([`${'ü'.repeat(255)} 10.0.0.2 whole`])
  })

  it('reads what Windows tells escaped', () => {
    expect(runsOf('escaped')[0]?.failed).toBeNull()
    expect(installed(runsOf('escaped')[1])).toEqual(newOne)
  })

  it.each(['notWhatItWas', 'notWhatItWasLater'])(
    'puts the old one back where Windows made something else of the new one: %s (fault 2)',
    (key) => {
      const [one, two] = runsOf(key)
      expect(one?.failed).toMatch(/something else of it: route 10\.0\.0\.2\/32; route 10\.0\.0\.9\/32/)
      expect(callsOf(one).includes(`delete ${name}`)).toBe(key === 'notWhatItWasLater')
      expect(installed(two)).toEqual(oldOne)
    },
  )

  it('keeps the trial, and what the next run puts back, where neither can be made (fault 2)', () => {
    const [one, two] = runsOf('neither')
    expect(one?.failed).toMatch(/cannot be put back: Zugriff verweigert/)
    expect(one?.left.profiles).toHaveLength(1)
    expect(one?.left.hasJournal).toBe(true)
    expect(installed(two)).toEqual(oldOne)
  })

  it('looks and mends nothing; lists, and applies others, while one cannot be mended; the next apply of that one can be', () => {
    const [, look, listing, another, again, last] = runsOf('stuck')
    expect(look).toMatchObject({ calls: [], left: { hasJournal: true }, answer: { profiles: { length: 1 } } })
    expect(listing?.answer).toMatchObject({ left: expect.stringMatching(/^Zugriff verweigert/) })
    expect(listing?.left.hasJournal).toBe(true)
    expect(another?.failed).toBeNull()
    expect(again?.failed).toBeNull()
    expect(callsOf(again).filter((call) => call.includes('trial'))).toHaveLength(1 + 1 + 1)
    expect(installed(last)).toContain(newOne[0])
    expect(last?.left).toMatchObject({ hasJournal: false, profiles: { length: 2 } })
  })

  it('touches nothing of the old one when it was told to stop', () => {
    const [one, two] = runsOf('stopped')
    expect(one?.failed).toMatch(/^it was told to stop .*; the old one is in force$/)
    expect(callsOf(one)).not.toContain(`delete ${name}`)
    expect(installed(two)).toEqual(oldOne)
  })

  it('does not replace what could not be put back, but removes it when asked', () => {
    const [one, two] = runsOf('byHand')
    expect(one?.failed).toMatch(/was not made over the MDM bridge/)
    expect(one?.calls).toEqual([])
    expect(callsOf(two)).toEqual([`remove ${name}`])
    expect(two?.left.profiles).toEqual([])
  })

  it('lists those of others, and changes nothing of theirs', () => {
    const [one, two] = runsOf('others')
    expect(listedBy(two).map((each) => [each.name, each.xml === ''])).toEqual([
      ['By hand', true],
      [name, false],
    ])
    expect(one?.left.book).toContain('[By hand]\r\nType=2\r\nVpnStrategy=7\r\n')
    expect(one?.left.book).toContain('[Old [modem]]\r\nType=1\r\nVpnStrategy=1\r\n')
  })

  it('makes one of a user alone in their place, and says what it leaves', () => {
    const [one, two, wrong, three] = runsOf('user')
    expect(one?.left.users).toEqual([
      `PolicyPlatformContext_PrincipalContext_Type=PolicyPlatform_UserContext;PolicyPlatformContext_PrincipalContext_Id=${sid};|${name}`,
    ])
    expect(one?.answer).toEqual({ left: expect.stringMatching(/^what is beside the XML/) })
    expect(listedBy(two).map((each) => each.xml)).toEqual([xml('10.0.0.2')])
    expect(wrong?.failed).toMatch(/^a SID is/)
    expect(three?.answer).toEqual({ profiles: [], left: '' })
  })

  it('does what a file says, or what stands in itself, and answers with a line of ASCII and an exit code', () => {
    const [wrong, one, two, three] = runsOf('file')
    expect(wrong?.exitCode).toBe(1)
    expect(wrong?.line?.[0]).toMatch(/^\{"failed":"a name [\x20-\x7e]+"\}$/)
    for (const each of [one, two]) expect(each).toEqual({ line: ['{"left":""}'], exitCode: 0 })
    expect(installed(three)).toEqual(newOne)
  })

  it('is for the system alone', () => {
    expect(runsOf('notSystem')[0]?.failed).toMatch(/only the system/)
    expect(runsOf('notSystem')[0]?.calls).toEqual([])
  })

  it.each([
    ['up', 'up'],
    ['down', 'down'],
    ['dialing', 'up'],
    ['strange', 'unknown'],
    ['blind', 'unknown'],
    ['absent', 'unknown'],
  ])('tells whether a tunnel is up by numbers and names of enumerations: %s (fault 12)', (key, state) => {
    expect(runsOf(key)[0]?.answer).toEqual({ state })
  })

  it.each([
    ['gateway', true],
    ['tunnelAlone', false],
    ['noNetwork', null],
  ])('takes no tunnel for a gateway of IPv6: %s', (key, ipv6) => {
    expect(runsOf(key)[0]?.answer).toEqual({ ipv6 })
  })
})
