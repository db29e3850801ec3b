import type { TunnelKind } from '../../vpnProfile.ts'
import type { DpcRegistry } from './dpcRegistry.ts'
import { listsOf } from './listsOf.ts'
import { tunnelKeys } from './tunnelKeys.ts'

/** What DPC routes where a split tunnel names no routes. */
export const privateBlocks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']

/** Reads where a tunnel leads, and whether that is what DPC takes where nothing is said. */
export const routesOf = (registry: DpcRegistry, kind: TunnelKind, key: string) => {
  const isFull = kind !== 'device' && registry.isOn(key, 'ForceTunnel')
  const { names } = listsOf(registry, key)
  const machine = listsOf(registry, tunnelKeys.device)
  const withMachine = kind !== 'device' && registry.isOn(key, 'IncludeDeviceTunnelRoutes')
  const [included, excluded] = ['RouteList', 'RouteListExclude'].map((list) => [
    ...names(list),
    ...(withMachine ? machine.names(list) : []),
  ])
  const routes = [...(included ?? []), ...names('DNSRouteList')]
  return {
    routing: isFull ? 'full' : 'split',
    routes: isFull ? [] : [...new Set(routes.length > 0 ? routes : privateBlocks)],
    isDefault: !isFull && routes.length === 0,
    exclusions: [...new Set([...(excluded ?? []), ...names('DNSExcludeRouteList')])],
  }
}
