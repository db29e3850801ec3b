import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { install } from '../tunnels/install.ts'
import { type LabMachine, node, type Started, within } from '../tunnels/lab.ts'
import type { TunnelKind } from '../tunnels/tunnelServer.ts'
import { openTunnelWorld, type TunnelWorld } from '../tunnels/world.ts'
import type { DnsAnswers } from './dnsServer.ts'

/** Their addresses are both behind each gateway and on the internet: who answers tells which way packets went. */
const everywhere = ['10.70.0.0/15', '198.51.100.0/24']

/** A gateway with its client. */
export interface Gateway {
  readonly server: LabMachine
  readonly client: LabMachine
}

/** Gateways, and an internet that has a resolver in it. */
export interface ProfileLab extends AsyncDisposable {
  readonly world: TunnelWorld
  /** Has the resolver answer so from now on, and say of all other names that they do not exist. */
  readonly answer: (answers: DnsAnswers) => Promise<void>
  /** Waits until the resolver is asked for a name for the first time. */
  readonly asked: (name: string) => Promise<boolean>
  /** Installs a gateway, and a client that has a credential, a resolver, and a way to the internet. */
  readonly gateway: (name: string, kind: TunnelKind) => Promise<Gateway>
}

/** Who answered at an address, and whom he saw; empty where nobody did. */
export const whoAnswers = async (client: LabMachine, address: string): Promise<string> =>
  (await client.attempt(`curl -s -m 5 http://${address}:7000`)).said

/** Of those, what a gateway of strongSwan has for its own: it leads no selector to itself in which it has no address. */
const behind = ['10.70.0.1', '10.70.1.1', '10.70.1.2', '10.71.0.1', '10.71.0.2', '10.71.0.3']

const beReached = async (machine: LabMachine, ...words: readonly string[]): Promise<Started> => {
  await machine.run(everywhere.map((network) => `ip route add local ${network} dev lo`).join('\n'))
  const program = machine.start(`exec ${[node, 'test/vpn/profileWatch/reached.ts', ...words].join(' ')}`)
  await within(60, () => program.isOver() || program.said().includes('serving'))
  if (program.isOver()) throw new Error(`Nobody can be reached: ${program.said()}`)
  return program
}

/** Has a client hold what its agent would keep. */
const provide = async (client: LabMachine): Promise<void> => {
  await client.run(`mkdir -p /var/lib/mayfly
cp -aL /run/shared/enrolled-*/ada /var/lib/mayfly/vpn
cp -aL /run/shared/bundle /var/lib/mayfly/trust`)
}

/** Opens the laboratory, whose user is ada. */
export const openProfileLab = async (): Promise<ProfileLab> => {
  const world = await openTunnelWorld()
  const { lab, gateway } = world
  await world.enroll([{ name: 'ada', upn: 'ada@contoso.example' }])
  await world.fetchTrust()
  const internet = await lab.machine('internet')
  const resolver = await beReached(internet, 'internet', internet.address)
  // Clients go by it to the gateway as well, where all else is in the tunnel.
  await internet.run('echo 1 >/proc/sys/net/ipv4/ip_forward')
  await writeFile(join(lab.shared, 'server-ca.pem'), gateway.authority)
  let answered = 0
  return {
    world,
    async answer(answers) {
      resolver.write(`${JSON.stringify(answers)}\n`)
      answered += 1
      await within(60, () => resolver.said().split('answered\n').length > answered)
    },
    asked: (name) => within(90, () => resolver.said().includes(`asked ${name}\n`)),
    async gateway(name, kind) {
      const { site } = await install(world, name, kind, { networks: everywhere, lifetime: '1h' })
      await beReached(site.server, 'gateway')
      await site.server.run(behind.map((address) => `ip addr add ${address}/32 dev lo`).join('\n'))
      await site.client.run(`ip route add default via ${internet.address}
echo 'nameserver ${internet.address}' >/etc/resolv.conf`)
      await provide(site.client)
      return site
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}
