import * as z from 'zod'
import { Refusal } from '../../lib/errors/refusal.ts'
import { checkServiceUrl } from '../callService.ts'
import { profileText } from './profileText.ts'
import { authentications, protocols } from './vpnProfile.ts'

const { destination, dialledName, hostName, ipAddress, line, list, network, objectIdentifier, ports } =
  profileText
const { ruledName, sha1, suffix } = profileText

/** How many of each there may be in one tunnel. */
const most = { routes: 2_000, lists: 10, filters: 100, words: 500 } as const

const oneOf = (names: readonly string[]): string => `must be one of ${names.join(', ')}`

const serviceUrl = z.string().check(({ value, issues }) => {
  try {
    checkServiceUrl(value)
  } catch (error) {
    const message = error instanceof Refusal ? error.detail.replace(/\.$/, '') : 'cannot be read'
    issues.push({ code: 'custom', input: value, message })
  }
})

const whole = (from: number, to: number) =>
  z
    .int(`must be a whole number from ${from} to ${to}`)
    .min(from, `is less than ${from}`)
    .max(to, `is more than ${to}`)

const server = z.strictObject({ name: dialledName, label: line.regex(/^[^;,]*$/, 'has ; or ,').optional() })

const nameRule = z.strictObject({
  name: ruledName,
  servers: z.array(ipAddress).max(16).default([]),
})

const proxy = z.strictObject({
  server: line
    .regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, 'must be a host and a port, such as proxy.example.com:8080')
    .refine((text) => /:0*[1-9]/.test(text) && Number(text.split(':')[1]) <= 65_535, 'has no such port')
    .optional(),
  script: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  exceptions: z
    .array(line.regex(/^[^;\s]+$/, 'has a space or ;'))
    .max(most.words)
    .default([]),
  'bypass-local': z.boolean().default(false),
})

const protocolNumbers: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17 }

const protocol = z.union(
  [z.enum(['icmp', 'tcp', 'udp']).transform((name) => protocolNumbers[name] ?? 0), whole(0, 255)],
  { error: 'must be icmp, tcp, udp, or a number from 0 to 255' },
)

const filter = z.strictObject({
  name: line,
  application: line.optional(),
  protocol: protocol.optional(),
  'local-ports': z.array(ports).max(most.words).default([]),
  'remote-ports': z.array(ports).max(most.words).default([]),
  'local-addresses': z.array(network).max(most.words).default([]),
  'remote-addresses': z.array(network).max(most.words).default([]),
  direction: z.enum(['outbound', 'inbound'], { error: oneOf(['outbound', 'inbound']) }).default('outbound'),
  routing: z.enum(['split', 'full'], { error: oneOf(['split', 'full']) }).optional(),
})

/** Which certificate of the domain signs in to it through the tunnel. */
const kerberos = z.strictObject({
  issuers: z.array(sha1).min(1, 'must name an issuer of the domain').max(10),
  purposes: z.array(objectIdentifier).max(10).default([]),
})

/** What a tunnel of any kind may say; all of it has a meaning when left out but a backup's, which has it of the user's. */
const tunnel = z.strictObject({
  name: line.regex(/^[^/]+$/, 'has a /, which the CSP of Windows takes in no name of a profile'),
  servers: z.array(server).min(1, 'must name a server').max(16),
  protocol: z.enum(protocols, { error: oneOf(protocols) }).optional(),
  authentication: z.enum(authentications, { error: oneOf(authentications) }).optional(),
  'always-on': z.boolean().optional(),
  routing: z.enum(['split', 'full'], { error: oneOf(['split', 'full']) }).optional(),
  routes: z.array(destination).max(most.routes).optional(),
  exclusions: z.array(destination).max(most.routes).optional(),
  'exclusion-lists': z.array(list).max(most.lists).optional(),
  dns: z.array(nameRule).max(most.words).optional(),
  suffixes: z.array(suffix).max(50).optional(),
  'trusted-networks': z
    .array(line.regex(/^[^,/]+$/, 'has , or /: Windows compares suffixes, not addresses'))
    .max(50)
    .optional(),
  'register-dns': z.boolean().optional(),
  'route-metric': whole(1, 9_999).optional(),
  'interface-metric': whole(1, 9_999).optional(),
  mtu: whole(576, 1_400).optional(),
  'outage-seconds': whole(0, 86_400).optional(),
  proxy: proxy.optional(),
  filters: z.array(filter).max(most.filters).optional(),
  'hide-edit-button': z.boolean().optional(),
  'hide-disconnect-button': z.boolean().optional(),
  'machine-purposes': z.array(objectIdentifier).max(10).optional(),
  kerberos: kerberos.optional(),
})

/** The schema of vpn.toml. */
export const profileSchema = z.strictObject({
  tenant: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 lower-case letters, digits and hyphens'),
  service: serviceUrl,
  server: z.strictObject({
    names: z.array(hostName).min(1, 'must name what the certificate of the server is made out to').max(50),
    roots: z.array(sha1).max(50).default([]),
    ca: line.optional(),
  }),
  certificate: z.strictObject({
    issuers: z.array(sha1).max(100).default([]),
    marker: objectIdentifier.optional(),
    'lifetime-seconds': whole(300, 86_400).default(3_600),
  }),
  tunnels: z.strictObject({ user: tunnel.optional(), backup: tunnel.optional(), device: tunnel.optional() }),
})

/** What the schema makes of a document. */
export type ProfileDocument = z.output<typeof profileSchema>

/** A tunnel as the document has it. */
export type TunnelDocument = z.output<typeof tunnel>
