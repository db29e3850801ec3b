import { resolve } from 'node:path'
import type { CredentialConfiguration } from '../../client/agent/configuration.ts'
import { type CredentialSpec, credentialSpec } from '../../client/agent/credentialSpec.ts'
import { privateFolder } from '../../client/credential/privateFolder.ts'
import { deviceTokens } from '../../client/token/deviceTokens.ts'
import { openTokenSource } from '../../client/token/openTokenSource.ts'
import type { TokenSettings } from '../../client/token/tokenSettings.ts'
import type { TokenSource } from '../../client/token/tokenSource.ts'
import { chooseService } from '../client/chooseService.ts'
import { deviceTokenOptions, deviceTokenPlacesOf } from '../client/deviceTokenOptions.ts'
import { caOption } from '../client/enroll.ts'
import { credentialFolderOf, keyOptions, keySettingsOf, processMachine } from '../client/keyOptions.ts'
import { readTokenSettings, signInWorld, tokenSourceOptions } from '../client/tokenSourceOptions.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { required, text, type Values } from '../commandLine/option.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { tenantOption } from '../tenant/openTenant.ts'

/** Describes `--out`: the folder by which a credential is known. */
export const outOption = required(
  text('FOLDER', 'has key.pem (0600), certificate.pem and chain.pem, and what is remembered of them', {
    variable: 'MAYFLY_OUT',
  }),
)

/** The options that describe one credential. */
export const credentialOptions = withVariables({
  url: text('URL', 'the service; that of the deployment when left out'),
  ca: caOption,
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

/** How a credential is opened. */
export interface Opening {
  readonly isInteractive: boolean
  /** Opens its source of tokens; as the command line does when left out. */
  readonly openSource?: (settings: TokenSettings, folder: string) => Promise<TokenSource>
}

/** Opens a credential. @throws {Refusal} `usage-wrong`, `certificate-malformed`, `deployment-unknown` */
export const openDescribed = async (
  { service: { url, caFile: ca }, token, posture, attestation, keys, ...described }: DescribedCredential,
  context: CommandContext,
  { isInteractive, openSource }: Opening,
): Promise<CredentialSpec> => {
  const { folder } = described
  const open = openSource ?? ((settings) => openTokenSource(settings, signInWorld(context, folder)))
  // Before locks and state make it.
  await privateFolder(folder, processMachine())
  const store = credentialFolderOf(folder, keys)
  return credentialSpec({
    ...described,
    ...(await chooseService(context, { url, ca })),
    store,
    files: store.files,
    token: await open(token, folder),
    readDeviceTokens: deviceTokens({ posture, attestation, environment: process.env }),
    isInteractive,
  })
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

/** Opens the credential that options describe. @throws {Refusal} `usage-wrong`, and those of the options */
export const openCredential = async (
  options: Values<typeof credentialOptions>,
  context: CommandContext,
  opening: Opening,
): Promise<CredentialSpec> => {
  await checkOutputFolder('out', options.out)
  return openDescribed(describedBy(options), context, opening)
}
