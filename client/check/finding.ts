/** Groups every finding there can be, in the order in which they are shown. Programs decide by the ids: they are stable. */
export const idsByArea = {
  deployment: ['deployment-file'],
  service: [
    'service-url',
    'service-health',
    'service-tls',
    'service-tls-old',
    'service-redirect',
    'service-headers',
    'service-routes',
    'service-body-limit',
    'service-ready',
  ],
  clocks: ['clock-service', 'clock-tables', 'clock-vault', 'clock-token-issuer'],
  tables: ['tables-reachable', 'tables-required', 'tables-ahead', 'tables-gaps', 'tables-retention'],
  tenants: ['tenants-known', 'tenant-configuration', 'policy-places', 'deny-list'],
  'token issuers': [
    'token-issuer-keys',
    'token-issuer-configuration',
    'token-issuer-context',
    'entra-registration',
    'evidence-keys',
    'directory-permissions',
  ],
  authority: [
    'authority-known',
    'issuer-active',
    'generation-days',
    'standby-root',
    'activation-overdue',
    'bundle-signature',
    'bundle-content',
    'bundle-served',
    'relying-parties',
  ],
  keys: ['vault-separation', 'key-folder', 'key-usable', 'key-attributes'],
  privileges: [
    'anonymous-tables',
    'anonymous-vault',
    'host-surface',
    'account-key',
    'role-assignments',
    'network-access',
    'vault-protection',
  ],
  configuration: ['configuration-file', 'service-definition'],
  network: [
    'network-proxy',
    'network-name',
    'network-connection',
    'network-tls',
    'network-service',
    'network-clock',
  ],
  credentials: [
    'credential-folder',
    'credential-space',
    'credential-agent',
    'credential-certificate',
    'credential-error',
    'credential-pending-key',
    'credential-key',
    'credential-hooks',
  ],
  tokens: ['token-source', 'token-claims', 'posture-token', 'attestation-token'],
  'trust bundles': [
    'trust-folder',
    'trust-space',
    'trust-bundle',
    'trust-files',
    'trust-age',
    'trust-issuers',
    'trust-hook',
    'trust-loaded',
    'trust-place',
    'relying-party',
  ],
  'VPN profiles': ['vpn-profiles', 'vpn-sources'],
} as const

type Area = keyof typeof idsByArea

export type FindingId = (typeof idsByArea)[Area][number]

export const areas = Object.keys(idsByArea) as readonly Area[]

export const areaOf = (id: FindingId): Area | undefined =>
  areas.find((area) => (idsByArea[area] as readonly FindingId[]).includes(id))

/** `not checked` stands for what cannot be asked here, or what something else has to be mended for first. */
export type Status = 'ok' | 'warning' | 'problem' | 'not checked'

/** Answers a check. Neither detail nor remedy has a secret in it. */
export interface Found {
  readonly status: Status
  readonly detail: string
  /** Null where all is well. */
  readonly remedy: string | null
  /** Replaces that of the check. */
  readonly id?: FindingId
  /** Names the generation, token issuer or host that it is about, where there are several. */
  readonly subject?: string
}

export interface Finding extends Omit<Found, 'subject'> {
  readonly id: FindingId
  readonly tenant: string | undefined
  readonly subject: string | undefined
}

const trouble =
  (status: Exclude<Status, 'ok'>) =>
  (detail: string, remedy: string): Found => ({ status, detail, remedy })

export const ok = (detail: string): Found => ({ status: 'ok', detail, remedy: null })
export const warning = trouble('warning')
export const problem = trouble('problem')
export const notChecked = trouble('not checked')
