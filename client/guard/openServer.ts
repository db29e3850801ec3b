import type { GuardedServerConfiguration } from '../agent/configuration.ts'
import type { AgentWorld } from '../agent/agentWorld.ts'
import { ocservServer } from './ocservServer.ts'
import { openVpnServer } from './openVpnServer.ts'
import { strongSwanServer } from './strongSwanServer.ts'
import type { VpnServer } from './vpnServer.ts'

/** Opens a server that a configuration describes: it is reached once its sessions are looked at. */
export const openServer = (
  server: GuardedServerConfiguration,
  world: Pick<AgentWorld, 'now' | 'environment'>,
): VpnServer => {
  const now = () => world.now()
  switch (server.kind) {
    case 'strongswan':
      return strongSwanServer({ ...server, now })
    case 'openvpn':
      return openVpnServer({ ...server, now })
    case 'ocserv':
      return ocservServer({ ...server, now, environment: world.environment })
  }
}
