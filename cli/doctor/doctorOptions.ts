import { configOption } from '../agent/keptOptions.ts'
import { credentialOptions, outOption } from '../agent/credentialOptions.ts'
import { anchorOption } from '../authority/anchorOption.ts'
import { trustOptions } from '../client/trustOptions.ts'
import { flag, text, type Values } from '../commandLine/option.ts'
import { anyTenantOption } from '../tenant/tenantOption.ts'

const { mirror, relyingParty, secretFile, onTrustChange } = trustOptions

/** The options of `mayfly doctor`. */
export const doctorOptions = {
  client: flag('examine the client of this machine: what keeps its certificate from being renewed'),
  server: flag('examine the trust bundles of a VPN server: what keeps it from trusting the right CA'),
  config: configOption,
  sign: flag('ask keys in a vault for a signature, too; its log shows it'),
  anchor: anchorOption(),
  ...credentialOptions,
  tenant: anyTenantOption('that tenant alone; with --client or --server the one that it is of'),
  out: text('FOLDER', outOption.help, { variable: 'MAYFLY_OUT' }),
  mirror,
  relyingParty,
  secretFile,
  onTrustChange,
}

/** The values of these. */
export type DoctorValues = Values<typeof doctorOptions>

type Member = keyof DoctorValues

const { tenant: _, out: __, ...ofCredential } = credentialOptions

/** Which options are about whom. */
export const membersOf = {
  deployment: ['tenant', 'sign', 'anchor'],
  client: ['config', 'tenant', 'out', ...(Object.keys(ofCredential) as (keyof typeof ofCredential)[])],
  server: [
    'config',
    'url',
    'ca',
    'tenant',
    'out',
    'anchor',
    'mirror',
    'relyingParty',
    'secretFile',
    'onTrustChange',
  ],
} as const satisfies Readonly<Record<string, readonly Member[]>>
