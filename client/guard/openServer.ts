import type { GuardedServerConfiguration } from '../agent/configuration.ts'
import type { AgentWorld } from '../agent/agentWorld.ts'
import type { LookingWorld } from '../agent/trouble.ts'
import { guardFiles } from './guardSpec.ts'
import { ocservServer } from './ocservServer.ts'
import { openVpnServer } from './openVpnServer.ts'
import { strongSwanServer } from './strongSwanServer.ts'
import type { VpnServer } from './vpnServer.ts'

/** Opens a server that a configuration describes: it is reached once its sessions are looked at. @param folder of the bundle */
export const openServer = (
  server: GuardedServerConfiguration,
  folder: string,
  world: LookingWorld & Pick<AgentWorld, 'environment'>,
): VpnServer => {
  const now = () => world.now()
  switch (server.kind) {
    case 'strongswan':
      return strongSwanServer({
        ...server,
        certificates: guardFiles(folder).sessionsOf(server.socket),
        world,
      })
    case 'openvpn':
      return openVpnServer({ ...server, now })
    case 'ocserv':
      return ocservServer({ ...server, now, environment: world.environment })
  }
}
