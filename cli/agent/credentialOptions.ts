import { resolve } from 'node:path'
import { type CredentialSpec, credentialSpec } from '../../client/agent/credentialSpec.ts'
import { privateFolder } from '../../client/credential/privateFolder.ts'
import { chooseService } from '../client/chooseService.ts'
import { deviceTokenOptions, deviceTokensOf } from '../client/deviceTokenOptions.ts'
import { caOption } from '../client/enroll.ts'
import { credentialFolderOf, keyOptions, processMachine } from '../client/keyOptions.ts'
import { tokenSourceOf, tokenSourceOptions } from '../client/tokenSourceOptions.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { required, text, type Values } from '../commandLine/option.ts'
import { tenantOption } from '../tenant/openTenant.ts'

/** Describes `--out`: the folder by which a credential is known. */
export const outOption = required(
  text('FOLDER', 'has key.pem (0600), certificate.pem and chain.pem, and what is remembered of them', {
    variable: 'MAYFLY_OUT',
  }),
)

/** The options that describe one credential. */
export const credentialOptions = {
  url: text('URL', 'the service; that of the deployment when left out', { variable: 'MAYFLY_URL' }),
  ca: caOption,
  tenant: tenantOption,
  ...tokenSourceOptions,
  ...deviceTokenOptions,
  ...keyOptions,
  out: outOption,
  onRenew: text('FILE', 'an executable that is run after each renewal, such as to reload a VPN', {
    variable: 'MAYFLY_ON_RENEW',
  }),
  onRefused: text('FILE', 'an executable that is run when the service refuses', {
    variable: 'MAYFLY_ON_REFUSED',
  }),
}

/** Opens the credential that options describe. @throws {Refusal} `usage-wrong`, and those of the options */
export const openCredential = async (
  options: Values<typeof credentialOptions>,
  context: CommandContext,
  { isInteractive }: { readonly isInteractive: boolean },
): Promise<CredentialSpec> => {
  const { tenant, out, onRenew, onRefused } = options
  await checkOutputFolder('out', out)
  const folder = resolve(out)
  // Before locks and state make it.
  await privateFolder(folder, processMachine())
  const store = credentialFolderOf(folder, options)
  return credentialSpec({
    ...(await chooseService(context, options)),
    tenant,
    folder,
    store,
    files: store.files,
    token: await tokenSourceOf(options, context, folder),
    readDeviceTokens: deviceTokensOf(options),
    isInteractive,
    onRenew: onRenew && resolve(onRenew),
    onRefused: onRefused && resolve(onRefused),
  })
}
