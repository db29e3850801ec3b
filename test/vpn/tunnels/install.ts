import { node, within } from './lab.ts'
import { behind, type Site, type TunnelKind, type TunnelServer } from './tunnelServer.ts'
import type { TunnelWorld } from './world.ts'

/** A server that is configured, and lets clients of the bundle in force in. */
export interface Installed extends TunnelServer {
  readonly site: Site
  /** Has the agent of the server look for a new bundle, and the server load it. @returns what the agent said */
  readonly update: () => Promise<string>
}

const agent = `${node} tools/mayfly.mjs agent --once`

/** Writes the configurations of a server, as an administrator does, into a folder that its machine sees. */
const configure = async ({ mayfly, url }: TunnelWorld, kinds: TunnelKind['recipes']): Promise<void> => {
  for (const kind of kinds) {
    const where = ['--bundle', '/run/shared/bundle', '--out', `/run/shared/recipes/${kind}`]
    const service = ['--service', url, '--ca', '/etc/mayfly/service-ca.pem']
    const server = ['--tenant', 'contoso', '--server-name', 'vpn.example.com', '--network', '10.88.0.0/24']
    await mayfly('server-config', kind, ...server, ...service, ...where)
  }
}

/** Installs a server as docs/servers.md says: what server-config writes is copied as it is, and the agent brings the trust. */
export const install = async (world: TunnelWorld, name: string, kind: TunnelKind): Promise<Installed> => {
  const { lab, gateway } = world
  const folder = name.replaceAll(/[ ,.]+/g, '-')
  const [server, client] = await Promise.all([
    lab.machine(`${folder}-server`),
    lab.machine(`${folder}-client`),
  ])
  const site: Site = { lab, server, client, gateway }
  const opened = kind.open(site)
  await configure(world, kind.recipes)
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
  await client.run(`echo '${server.address} vpn.example.com' >>/etc/hosts`)
  await opened.prepare()
  for (const recipe of kind.recipes) await server.run(`cp -a /run/shared/recipes/${recipe}/. /`)
  const update = () => server.run(agent)
  const said = await update()
  if (!(await within(30, opened.isUp))) throw new Error(`The server of ${name} did not start: ${said}`)
  return { ...opened, site, update }
}
