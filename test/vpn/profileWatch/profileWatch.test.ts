import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type LabMachine, node, within } from '../tunnels/lab.ts'
import { mostAddresses } from '../../../client/vpnProfile/sources/askNames.ts'
import type { DnsAnswer } from './dnsMessage.ts'
import type { DnsAnswers } from './dnsServer.ts'
import { isHere, isPossible, type LiveClient, liveClients } from './liveClients.ts'
import { openProfileLab, type ProfileLab, whoAnswers } from './profileLab.ts'
import { type WatchedClient, watchedClient } from './watchedClient.ts'

let lab: ProfileLab

beforeAll(async () => {
  if (isPossible) lab = await openProfileLab()
})

afterAll(() => lab?.[Symbol.asyncDispose](), 30_000)

/** What resolvers say of a name of IPv4. */
const at = (...addresses: readonly string[]): DnsAnswer => ({ A: addresses, AAAA: [] })

const both = (reply: DnsAnswer['A']): DnsAnswer => ({ A: reply, AAAA: reply })

const many = Array.from({ length: 1000 }, (_, index) => `10.71.${128 + (index >> 8)}.${index & 0xff}`)

/** Names of routes: what they lead to, what is said of them later, and what their routes are then. */
const turning: Readonly<
  Record<string, { readonly first: DnsAnswer; readonly later: DnsAnswer; readonly leads: readonly string[] }>
> = {
  'moved.example.net': { first: at('10.71.1.1'), later: at('10.71.1.2'), leads: ['10.71.1.2'] },
  'gone.example.net': { first: at('10.71.2.1'), later: both('NXDOMAIN'), leads: ['10.71.2.1'] },
  'broken.example.net': { first: at('10.71.3.1'), later: both('SERVFAIL'), leads: ['10.71.3.1'] },
  'silent.example.net': { first: at('10.71.4.1'), later: both('silence'), leads: ['10.71.4.1'] },
  'empty.example.net': { first: at('10.71.5.1'), later: both([]), leads: ['10.71.5.1'] },
  'half.example.net': {
    first: at('10.71.6.1'),
    later: { A: ['10.71.6.2'], AAAA: 'silence' },
    leads: ['10.71.6.2'],
  },
  'twice.example.net': { first: at('10.71.7.1'), later: at('10.71.7.2', '10.71.7.2'), leads: ['10.71.7.2'] },
  'many.example.net': { first: at('10.71.9.1'), later: at(...many), leads: many.slice(0, mostAddresses) },
  'loop.example.net': {
    first: at('10.71.8.1'),
    later: {
      A: ['127.0.0.1', '0.0.0.0', '169.254.9.9', '224.0.0.1'],
      AAAA: ['::1', '::', 'fe80::1', '10.71.8.9'],
    },
    leads: ['10.71.8.1'],
  },
}
const names = Object.keys(turning)
const answersOf = (when: 'first' | 'later'): DnsAnswers =>
  Object.fromEntries(Object.entries(turning).map(([name, one]) => [name, one[when]]))

/** Addresses of IPv4 in what is installed. */
const addressesIn = (text: string): readonly string[] => [
  ...new Set(text.match(/(?<![\d.])\d+\.\d+\.\d+\.\d+(?![\d.])/g)),
]

interface Watched {
  readonly client: LabMachine
  readonly server: LabMachine
  readonly watch: WatchedClient
  /** Addresses in the profile. */
  readonly installed: () => Promise<readonly string[]>
  /** Those of 10.71.0.0/16, where names alone lead. */
  readonly led: () => Promise<readonly string[]>
  readonly reaches: (address: string) => Promise<string | undefined>
}

type ClientName = keyof typeof liveClients

const setUp = async (name: ClientName): Promise<Watched> => {
  const kind = liveClients[name]
  const { client, server } = await lab.gateway(name, kind.server)
  await kind.prepare(client)
  const [platform = ''] = kind.words
  const watch = await watchedClient(client, { platform, service: lab.world.url })
  const installed = async () => addressesIn(await client.run(`cat '${kind.profile}'`))
  return {
    client,
    server,
    watch,
    installed,
    led: async () => (await installed()).filter((one) => one.startsWith('10.71.')),
    reaches: async (address) => (await whoAnswers(client, address)).split(' ')[0],
  }
}

/** Has the watch stop within the 5 s that are promised, beside what a busy machine takes for what takes a moment else. */
const expectStop = async ({ client, watch }: Watched): Promise<void> => {
  const since = performance.now()
  const moment = client.run(`${node} -e 0`).then(() => (performance.now() - since) / 1000)
  const seconds = await watch.stop()
  expect(seconds).toBeLessThan(5 + 4 * (await moment))
}

/** The clients, each set up once. */
const all = new Map<ClientName, Promise<Watched>>()

const of = (name: ClientName): Promise<Watched> => {
  const watched = all.get(name) ?? setUp(name)
  all.set(name, watched)
  return watched
}

/** Stands in for a program, which takes for ever to do what the watch asks of it to apply a profile. */
const slowed = ({ program, when }: LiveClient['applies']): string => `#!/bin/sh
case "$*" in *'${when}'*) touch /run/asked; exec sleep 100 ;; esac
for folder in /usr/sbin /usr/bin; do [ ! -x "$folder/${program}" ] || exec "$folder/${program}" "$@"; done
`

for (const [name, kind] of Object.entries(liveClients))
  describe.skipIf(!isHere(kind))(`the profile of ${name}`, () => {
    let watched: Watched
    const { program } = kind.applies
    const slow = () =>
      watched.client.run(
        `rm -f /run/asked; cat >/usr/local/bin/${program}; chmod 755 /usr/local/bin/${program}`,
        slowed(kind.applies),
      )
    const beginsToApply = () =>
      within(90, async () => (await watched.client.attempt('test -e /run/asked')).code === 0)

    beforeAll(async () => {
      watched = await of(name as ClientName)
    })

    afterEach(async () => {
      await watched.watch.stop()
      await watched.client.attempt(`rm -f /usr/local/bin/${program}`)
    })

    it('has routes that follow a name once the tunnel ended, and not while it is up', async () => {
      const { client, watch, led, reaches } = watched
      await lab.answer({ 'app.example.net': at('10.71.0.1') })
      await watch.write({ routes: ['10.70.0.0/16', 'app.example.net'] })
      watch.start()
      await watch.tells('profiles-checked')
      await kind.connect(client)
      expect(await within(90, async () => (await reaches('10.71.0.1')) === 'gateway')).toBe(true)
      await lab.answer({ 'app.example.net': at('10.71.0.2') })
      expect((await watch.check()).map(({ event }) => event)).toContain('profile-waiting')
      expect(await led()).toEqual(['10.71.0.1'])
      expect(await reaches('10.71.0.1')).toBe('gateway')
      await kind.hangUp(client)
      await watch.tells('profile-applied')
      expect(await led()).toEqual(['10.71.0.2'])
      await kind.connect(client)
      expect(await within(90, async () => (await reaches('10.71.0.2')) === 'gateway')).toBe(true)
      expect(await reaches('10.71.0.1')).toBe('internet')
      await kind.hangUp(client)
    })

    it('has routes that outlast a resolver that fails, follow none that lies, and go with their name', async () => {
      const { server, watch, installed, led } = watched
      const known = { 'vpn.example.com': at(server.address) }
      const user = {
        'always-on': false,
        routes: ['10.70.0.0/16', ...names],
        exclusions: ['calls.example.net'],
      }
      const leads = Object.values(turning).flatMap((one) => one.leads)
      await lab.answer({ ...known, ...answersOf('first'), 'calls.example.net': at('198.51.100.1') })
      await watch.write(user)
      watch.start()
      await watch.tells('profiles-checked')
      // NetworkManager takes a moment to end a tunnel.
      expect(await within(90, async () => (await led()).length === names.length)).toBe(true)
      const lies = {
        'calls.example.net': at('10.70.0.1'),
        'moved.example.net': at('10.71.1.2', server.address),
      }
      await lab.answer({ ...known, ...answersOf('later'), ...lies })
      await watch.check()
      expect(new Set(await led())).toEqual(new Set(leads))
      expect(await installed()).not.toContain(server.address)
      expect(await installed()).not.toContain('10.70.0.1')
      await lab.answer({})
      await watch.check()
      expect(new Set(await led())).toEqual(new Set(leads))
      await watch.stop()
      watch.start()
      await watch.tells('profiles-checked')
      expect(new Set(await led())).toEqual(new Set(leads))
      await watch.write({ 'always-on': false, routes: ['10.70.0.0/16', 'gone.example.net'] })
      await watch.check()
      expect(await led()).toEqual(turning['gone.example.net']?.leads)
    })

    it('is whole when the watch is stopped within 5 s while it applies it, and applied at the next start', async () => {
      const { client, watch, led } = watched
      await watch.write({ 'always-on': false, routes: ['10.70.0.0/16'] })
      watch.start()
      await watch.tells('profiles-checked')
      await watch.stop()
      const before = await client.run(`cat ${kind.profile}`)
      await slow()
      await watch.write({ 'always-on': false, routes: ['10.70.0.0/16', '10.71.0.1'] })
      watch.start()
      expect(await beginsToApply(), watch.said()).toBe(true)
      await expectStop(watched)
      expect(await client.run(`cat ${kind.profile}`)).toBe(before)
      await client.run(`rm /usr/local/bin/${program}`)
      watch.start()
      await watch.tells('profiles-checked')
      expect(await led()).toEqual(['10.71.0.1'])
      await watch.stop()
    })

    it('is in force after the next start when the watch is killed while it applies it', async () => {
      const { client, watch, reaches } = watched
      await slow()
      await watch.write({ 'always-on': false, routes: ['10.70.0.0/16', '10.71.0.2'] })
      watch.start()
      expect(await beginsToApply(), watch.said()).toBe(true)
      await watch.kill()
      await client.run(`rm /usr/local/bin/${program}`)
      watch.start()
      await watch.tells('profiles-checked')
      await watch.stop()
      await kind.connect(client)
      expect(await within(90, async () => (await reaches('10.71.0.2')) === 'gateway')).toBe(true)
      await kind.hangUp(client)
    })
  })

/** Takes connections, and says nothing. */
const mute = `require('node:net').createServer(() => console.log('asked')).listen(7070, '127.0.0.1', () => console.log('there'))`

describe.skipIf(!isHere(liveClients.openvpn))('stops within 5 s', () => {
  let watched: Watched
  const routes = ['10.70.0.0/16']

  beforeAll(async () => {
    watched = await of('openvpn')
  })

  it('while it sleeps', async () => {
    const { watch } = watched
    await watch.write({ routes })
    watch.start()
    await watch.tells('profiles-checked')
    await expectStop(watched)
  })

  it('while a resolver is silent', async () => {
    const { watch } = watched
    await lab.answer({ 'hushed.example.net': both('silence') })
    await watch.write({ routes: [...routes, 'hushed.example.net'] })
    watch.start()
    expect(await lab.asked('hushed.example.net')).toBe(true)
    await expectStop(watched)
  })

  it('while a list is slow', async () => {
    const { client, watch } = watched
    const listener = client.start(`exec ${node} -e "${mute}"`)
    expect(await within(90, () => listener.said().includes('there'))).toBe(true)
    await watch.write({ routes, 'exclusion-lists': ['http://127.0.0.1:7070/list.txt'] })
    watch.start()
    expect(await within(90, () => listener.said().includes('asked'))).toBe(true)
    await expectStop(watched)
  })

  it('while a change waits for the end of a tunnel', async () => {
    const { client, watch } = watched
    const { connect, hangUp } = liveClients.openvpn
    await watch.write({ routes })
    watch.start()
    await watch.tells('profiles-checked')
    await connect(client)
    expect(await within(90, async () => (await watched.reaches('10.70.0.1')) === 'gateway')).toBe(true)
    await watch.write({ routes: [...routes, '10.71.0.1'] })
    await watch.check()
    await expectStop(watched)
    await hangUp(client)
  })
})
