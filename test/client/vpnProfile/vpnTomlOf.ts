const toml = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{ ${Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .map(([name, one]) => `${name} = ${toml(one)}`)
    .join(', ')} }`
}

type Members = Readonly<Record<string, unknown>>

/** Says tunnels in a vpn.toml; a name and a server have all of them. */
export const vpnTomlOf = (tunnels: Readonly<Record<string, Members>>, top: Members = {}): string => {
  const named = Object.entries(tunnels).map(([kind, members]) => [
    kind,
    { name: kind === 'user' ? 'Contoso' : kind, servers: [{ name: 'vpn.example.com' }], ...members },
  ])
  const document: Members = {
    tenant: 'contoso',
    service: 'https://192.0.2.200',
    server: { names: ['nps.example.com'], roots: ['a'.repeat(40)] },
    certificate: { issuers: ['b'.repeat(40)] },
    ...top,
    tunnels: Object.fromEntries(named),
  }
  return Object.entries(document)
    .map(([name, value]) => `${name} = ${toml(value)}\n`)
    .join('')
}
