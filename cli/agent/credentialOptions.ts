import { resolve } from 'node:path'
import type { CredentialConfiguration } from '../../client/agent/configuration.ts'
import { deviceTokenOptions, deviceTokenPlacesOf } from '../client/deviceTokenOptions.ts'
import { keyOptions, keySettingsOf } from '../client/keyOptions.ts'
import { serviceOptions } from '../client/serviceOptions.ts'
import { readTokenSettings, tokenSourceOptions } from '../client/tokenSourceOptions.ts'
import { required, text, type Values } from '../commandLine/option.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { tenantOption } from '../tenant/tenantOption.ts'

/** Describes `--out`: the folder by which a credential is known. */
export const outOption = required(
  text('FOLDER', 'has key.pem (0600), certificate.pem and chain.pem, and what is remembered of them', {
    variable: 'MAYFLY_OUT',
  }),
)

/** The options that describe one credential. */
export const credentialOptions = withVariables({
  ...serviceOptions,
  tenant: tenantOption,
  ...tokenSourceOptions,
  ...deviceTokenOptions,
  ...keyOptions,
  out: outOption,
  onRenew: text('FILE', 'an executable that is run after each renewal, such as to reload a VPN'),
  onRefused: text('FILE', 'an executable that is run when the service refuses'),
})

/** A credential that options or a configuration describe; without a URL its service is that of the deployment. */
export type DescribedCredential = Omit<CredentialConfiguration, 'service'> & {
  readonly service: { readonly url: string | undefined; readonly caFile: string | undefined }
}

/** Reads the credential that options describe. @throws {Refusal} `usage-wrong` */
export const describedBy = (options: Values<typeof credentialOptions>): DescribedCredential => ({
  service: { url: options.url, caFile: options.ca },
  tenant: options.tenant,
  folder: resolve(options.out),
  token: readTokenSettings(options),
  ...deviceTokenPlacesOf(options),
  keys: keySettingsOf(options),
  onRenew: options.onRenew && resolve(options.onRenew),
  onRefused: options.onRefused && resolve(options.onRefused),
})
