import type { DpcRegistry } from './dpcRegistry.ts'
import { parts } from './listsOf.ts'
import type { Members } from './tunnelKeys.ts'

const filterOf = (registry: DpcRegistry, key: string, name: string): Members => {
  const text = (value: string) => registry.text(key, value)
  const protocol = registry.number(key, 'Protocol') ?? -1
  const application = text('AppId')
  return {
    name,
    application,
    protocol: protocol < 0 ? undefined : protocol,
    'local-ports': parts(text('LocalPorts')),
    'remote-ports': parts(text('RemotePorts')),
    'local-addresses': parts(text('LocalAddresses')),
    'remote-addresses': parts(text('RemoteAddresses')),
    direction: registry.number(key, 'Direction') === 1 ? 'inbound' : 'outbound',
    routing:
      application !== undefined && registry.number(key, 'RoutingPolicyType') === 1 ? 'full' : undefined,
  }
}

/** Reads the filters of a tunnel, and names those that are off. */
export const filtersOf = (registry: DpcRegistry, key: string) => {
  const names = registry.keys(`${key}\\TrafficFilters`)
  const isOn = (name: string): boolean => registry.isOn(`${key}\\TrafficFilters\\${name}`, 'Enabled')
  return {
    filters: names.filter(isOn).map((name) => filterOf(registry, `${key}\\TrafficFilters\\${name}`, name)),
    off: names.filter((name) => !isOn(name)).map((name) => `${key}\\TrafficFilters\\${name}`),
  }
}
