import { type LabMachine, node, type Started, within } from './lab.ts'
import { behind, type Site, type TunnelKind, type TunnelServer } from './tunnelServer.ts'
import type { TunnelWorld } from './world.ts'

/** A server as another client sees it. */
export interface Companion extends TunnelServer {
  readonly client: LabMachine
}

/** A server that is configured, and lets clients of the bundle in force in. */
export interface Installed extends TunnelServer {
  readonly site: Site
  /** Starts the agent, which guards the sessions until it is stopped. */
  readonly guard: () => Started
  /** The same server, with a client on a machine of its own. */
  readonly withClient: (name: string) => Promise<Companion>
  /** Has the server wait for the bundle that is served now, and load it. */
  readonly update: () => Promise<void>
}

/** What a server is to be. */
export interface Wanting {
  /** What clients reach through it. */
  readonly networks?: readonly string[]
  /** How long certificates live; shorter than those of the tenant when left out, for whoever waits for the end of a tunnel. */
  readonly lifetime?: string
}

const mayfly = `${node} tools/mayfly.mjs`

/** Writes the configurations of a server, as an administrator does, into a folder that its machine sees. */
const configure = async (
  world: TunnelWorld,
  kinds: TunnelKind['recipes'],
  { networks = ['10.88.0.0/24'], lifetime = '5m' }: Wanting,
): Promise<void> => {
  const network = networks.flatMap((one) => ['--network', one])
  for (const kind of kinds) {
    const where = ['--bundle', '/run/shared/bundle', '--out', `/run/shared/recipes/${kind}`]
    const service = ['--service', world.url, '--ca', '/etc/mayfly/service-ca.pem']
    const server = ['--tenant', 'contoso', '--server-name', 'vpn.example.com', ...network]
    const party = ['--relying-party', 'gateway', '--secret-file', '/etc/mayfly/gateway.secret']
    const lives = ['--lifetime', lifetime]
    await world.mayfly('server-config', kind, ...server, ...service, ...party, ...lives, ...where)
  }
}

/** Installs a server as docs/servers.md says: what server-config writes is copied as it is, and the agent brings the trust. */
export const install = async (
  world: TunnelWorld,
  name: string,
  kind: TunnelKind,
  wanting: Wanting = {},
): Promise<Installed> => {
  const { lab, gateway } = world
  const folder = name.replaceAll(/[ ,.]+/g, '-')
  const [server, client] = await Promise.all([
    lab.machine(`${folder}-server`),
    lab.machine(`${folder}-client`),
  ])
  const site: Site = { lab, server, client, gateway }
  const opened = kind.open(site)
  await configure(world, kind.recipes, wanting)
  await server.run(
    `ip addr add ${behind}/32 dev lo
umask 077; mkdir -p /etc/mayfly/server; chmod 755 /etc/mayfly
cat >/etc/mayfly/server/key.pem`,
    gateway.key,
  )
  await server.run(
    'cat >/etc/mayfly/server/certificate.pem; cp /run/shared/service/tls/ca.pem /etc/mayfly/service-ca.pem',
    gateway.certificate,
  )
  await server.run('umask 077; cat /run/shared/gateway.secret >/etc/mayfly/gateway.secret')
  await client.run(`echo '${server.address} vpn.example.com' >>/etc/hosts`)
  await opened.prepare()
  for (const recipe of kind.recipes) await server.run(`cp -a /run/shared/recipes/${recipe}/. /`)
  const load = async (command: string): Promise<void> => {
    const said = await server.run(command)
    if (!(await within(30, opened.isUp))) throw new Error(`The server of ${name} did not start: ${said}`)
  }
  const update = async (): Promise<void> => {
    const { sequence } = await world.bundle('contoso')
    const hook = `/usr/lib/mayfly/reload-${kind.recipes[0]}`
    const from = `--tenant contoso --service ${world.url} --ca /etc/mayfly/service-ca.pem --at-least ${sequence}`
    await load(`${mayfly} trust fetch ${from} --out /etc/mayfly/trust --on-trust-change ${hook}`)
  }
  await load(`${mayfly} agent --once`)
  await opened.finish?.()
  await opened.prepareClient?.()
  const withClient = async (own: string): Promise<Companion> => {
    const other = { ...site, client: await lab.machine(`${folder}-${own}`) }
    await other.client.run(`echo '${server.address} vpn.example.com' >>/etc/hosts`)
    const same = kind.open(other)
    await same.prepareClient?.()
    return { ...same, client: other.client }
  }
  const guard = () =>
    server.start(`exec ${mayfly} agent --config /etc/mayfly/${kind.guardedBy ?? 'mayfly.toml'}`)
  return { ...opened, site, update, withClient, guard }
}
