import { type Attempt, type LabMachine, node, type Started, within } from './lab.ts'
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
  /** What its recipe says of when a session ends. */
  readonly ends: string
  /** Copies what server-config wrote to where it belongs. */
  readonly copyRecipes: () => Promise<void>
  /** Has `server-config check` look at what is installed, on the server. */
  readonly check: () => Promise<Attempt>
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

/** What an administrator has of one server. */
interface Plan {
  readonly world: TunnelWorld
  readonly recipes: TunnelKind['recipes']
  readonly wanting: Wanting
}

/** What the administrator says of each server. */
const optionsOf = ({ world, wanting: { networks = ['10.88.0.0/24'], lifetime = '5m' } }: Plan): string =>
  [
    `--tenant contoso --server-name vpn.example.com --lifetime ${lifetime}`,
    ...networks.map((network) => `--network ${network}`),
    `--service ${world.url} --ca /etc/mayfly/service-ca.pem`,
    '--relying-party gateway --secret-file /etc/mayfly/gateway.secret',
  ].join(' ')

/**
 * Writes the configurations of a server, as an administrator does, into a folder of its own that its machine sees.
 * @returns when the last one says that a session ends
 */
const configure = async (plan: Plan, folder: string): Promise<string> => {
  let ends = ''
  for (const recipe of plan.recipes) {
    const where = ['--bundle', '/run/shared/bundle', '--out', `${folder}/${recipe}`, '--json']
    const told = await plan.world.mayfly('server-config', recipe, ...optionsOf(plan).split(' '), ...where)
    ends = (JSON.parse(told) as { readonly ends: string }).ends
  }
  return ends
}

/** Has the program that is installed on a server check each of its recipes, by the bundle that the agent brought. */
const checkOn = async (server: LabMachine, plan: Plan): Promise<Attempt> => {
  const checked = plan.recipes.map((recipe) =>
    server.attempt(`${mayfly} server-config check ${recipe} ${optionsOf(plan)} --installed /`),
  )
  const all = await Promise.all(checked)
  return { code: all.find(({ code }) => code !== 0)?.code ?? 0, said: all.map(({ said }) => said).join('') }
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
  const plan = { world, recipes: kind.recipes, wanting }
  const recipes = `/run/shared/recipes/${folder}`
  const ends = await configure(plan, recipes)
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
  const copyRecipes = async (): Promise<void> => {
    for (const recipe of kind.recipes)
      await server.run(`umask 022; cp -r --remove-destination ${recipes}/${recipe}/. /`)
  }
  await copyRecipes()
  const load = async (command: string): Promise<void> => {
    const said = await server.run(command)
    if (await within(60, opened.isUp)) return
    const { said: logs } = await server.attempt('tail -n 30 /var/log/*.out /var/log/*/tunnels.log')
    throw new Error(`The server of ${name} did not start: ${said}${logs}`)
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
  const check = () => checkOn(server, plan)
  return { ...opened, site, ends, copyRecipes, check, update, withClient, guard }
}
