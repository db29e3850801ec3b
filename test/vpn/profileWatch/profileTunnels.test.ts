import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { vpnTomlOf } from '../../client/vpnProfile/vpnTomlOf.ts'
import { node, within } from '../tunnels/lab.ts'
import type { LabMachine } from '../tunnels/lab.ts'
import { isHere, isPossible, type LiveClient, liveClients } from './liveClients.ts'
import { openProfileLab, type ProfileLab, whoAnswers } from './profileLab.ts'

let lab: ProfileLab

beforeAll(async () => {
  if (isPossible) lab = await openProfileLab()
})

afterAll(() => lab?.[Symbol.asyncDispose](), 30_000)

/** Sets a client up as docs/profiles.md says. */
const setUp = async (
  name: string,
  kind: LiveClient,
  user: Readonly<Record<string, unknown>>,
): Promise<LabMachine> => {
  const { client } = await lab.gateway(name, kind.server)
  const server = { names: ['vpn.example.com'], ca: '/run/shared/server-ca.pem' }
  const text = vpnTomlOf({ user }, { service: lab.world.url, server })
  await client.run('umask 077; mkdir -p /etc/mayfly; cat >/etc/mayfly/vpn.toml', text)
  await kind.prepare(client)
  await client.run(`${node} tools/mayfly.mjs profile ${kind.words.join(' ')} -f /etc/mayfly/vpn.toml --out /`)
  await client.run(kind.load ?? ':')
  return client
}

/** Who answers a client at an address. */
const leads = async (client: LabMachine, address: string) => (await whoAnswers(client, address)).split(' ')[0]

const known = {
  'app.contoso.example': { A: ['10.71.0.1'], AAAA: [] },
  'calls.example.net': { A: ['198.51.100.8'], AAAA: [] },
}

describe('a tunnel that is built with the profile', () => {
  for (const [name, kind] of Object.entries(liveClients))
    it.skipIf(!isHere(kind))(`leads through ${name} what its routes name, and nothing else`, async () => {
      await lab.answer(known)
      const routes = ['10.70.0.0/16', 'app.contoso.example']
      const client = await setUp(`${name}-split`, kind, { routes })
      await kind.connect(client)
      expect(await within(60, async () => (await leads(client, '10.70.0.1')) === 'gateway')).toBe(true)
      expect(await leads(client, '10.71.0.1')).toBe('gateway')
      expect(await leads(client, '10.71.0.2')).toBe('internet')
      await kind.hangUp(client)
      expect(await within(60, async () => (await leads(client, '10.70.0.1')) === 'internet')).toBe(true)
    })

  it.skipIf(!isHere(liveClients.openvpn))(
    'leads everything through OpenVPN but what is excluded, by address or by name',
    async () => {
      await lab.answer(known)
      const client = await setUp('openvpn-full', liveClients.openvpn, {
        routing: 'full',
        exclusions: ['10.71.9.0/24', 'calls.example.net'],
      })
      await liveClients.openvpn.connect(client)
      expect(await within(60, async () => (await leads(client, '10.71.0.1')) === 'gateway')).toBe(true)
      expect(await leads(client, '198.51.100.9')).toBe('gateway')
      expect(await leads(client, '10.71.9.1')).toBe('internet')
      expect(await leads(client, '198.51.100.8')).toBe('internet')
    },
  )

  it.skipIf(!isHere(liveClients.strongswan))(
    'has the kernel lead by strongSwan what is excluded past what its routes name, but for a narrower route',
    async () => {
      const { load } = liveClients.strongswan
      const client = await setUp('strongswan-excluded', liveClients.strongswan, {
        routes: ['10.70.0.0/16', '10.70.9.64/26'],
        exclusions: ['10.70.9.0/24'],
      })
      // ESP of charon's own has no such policies, and a kernel may have them without ESP: it waits for a tunnel then.
      await client.run(`sed -i '/kernel-libipsec/,/}/d' /etc/strongswan.d/test.conf
sed -i 's/start_action = start/start_action = trap/' /etc/swanctl/conf.d/mayfly-contoso-user.conf
systemctl restart strongswan
while [ ! -S /run/charon.vici ]; do sleep 0.1; done`)
      await client.run(load)
      expect(await leads(client, '10.70.9.1')).toBe('internet')
      expect(await leads(client, '10.70.0.1')).toBe('')
      expect(await leads(client, '10.70.9.65')).toBe('')
    },
  )
})
