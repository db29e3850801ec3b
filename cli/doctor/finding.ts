/** What is examined, in the order in which it is shown. */
export const areas = [
  'deployment',
  'service',
  'clocks',
  'tables',
  'tenants',
  'token issuers',
  'authority',
  'keys',
  'privileges',
] as const

/** A group of findings. */
export type Area = (typeof areas)[number]

/** Every finding there can be, by its id, which is stable: what programs decide by. */
export const findingAreas = {
  'deployment-file': 'deployment',
  'service-url': 'service',
  'service-health': 'service',
  'service-tls': 'service',
  'service-tls-old': 'service',
  'service-redirect': 'service',
  'service-headers': 'service',
  'service-routes': 'service',
  'service-body-limit': 'service',
  'service-ready': 'service',
  'clock-service': 'clocks',
  'clock-tables': 'clocks',
  'clock-vault': 'clocks',
  'clock-token-issuer': 'clocks',
  'tables-reachable': 'tables',
  'tables-required': 'tables',
  'tables-ahead': 'tables',
  'tables-gaps': 'tables',
  'tables-retention': 'tables',
  'tenants-known': 'tenants',
  'tenant-configuration': 'tenants',
  'deny-list': 'tenants',
  'token-issuer-keys': 'token issuers',
  'token-issuer-configuration': 'token issuers',
  'token-issuer-context': 'token issuers',
  'entra-registration': 'token issuers',
  'authority-known': 'authority',
  'issuer-active': 'authority',
  'generation-days': 'authority',
  'standby-root': 'authority',
  'activation-overdue': 'authority',
  'bundle-signature': 'authority',
  'bundle-content': 'authority',
  'bundle-served': 'authority',
  'relying-parties': 'authority',
  'vault-separation': 'keys',
  'key-folder': 'keys',
  'key-usable': 'keys',
  'key-attributes': 'keys',
  'anonymous-tables': 'privileges',
  'anonymous-vault': 'privileges',
  'host-surface': 'privileges',
  'account-key': 'privileges',
  'role-assignments': 'privileges',
  'network-access': 'privileges',
  'vault-protection': 'privileges',
} as const satisfies Readonly<Record<string, Area>>

/** The id of a finding. */
export type FindingId = keyof typeof findingAreas

/** How a finding is. `not checked` is what could not be asked here, or what something else has to be mended for first. */
export const statuses = ['ok', 'warning', 'problem', 'not checked'] as const

/** How a finding is. */
export type Status = (typeof statuses)[number]

/** What a check found. Neither detail nor remedy has a secret in it. */
export type Found = {
  readonly id: FindingId
  /** The generation, token issuer or host that it is about, where there are several. */
  readonly subject?: string
  readonly detail: string
} & ({ readonly status: 'ok' } | { readonly status: Exclude<Status, 'ok'>; readonly remedy: string })

/** What a check found, and for which tenant. */
export type Finding = Found & { readonly tenant: string | undefined }
