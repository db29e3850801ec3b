import { type CredentialSpec, credentialSpec } from '../../client/agent/credentialSpec.ts'
import { privateFolder } from '../../client/credential/privateFolder.ts'
import { deviceTokens } from '../../client/token/deviceTokens.ts'
import { openTokenSource } from '../../client/token/openTokenSource.ts'
import type { TokenSettings } from '../../client/token/tokenSettings.ts'
import type { TokenSource } from '../../client/token/tokenSource.ts'
import { chooseService } from '../client/chooseService.ts'
import { processMachine } from '../client/credentialFolderOf.ts'
import { credentialStoreOf } from '../client/credentialStoreOf.ts'
import { signInWorld, waitedFor } from '../client/tokenSourceOf.ts'
import type { CommandContext } from '../commandLine/command.ts'
import type { DescribedCredential } from './credentialOptions.ts'

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
  const store = credentialStoreOf(folder, keys, context)
  return credentialSpec({
    ...described,
    ...(await chooseService(context, { url, ca })),
    store,
    files: store.files,
    token: waitedFor(await open(token, folder), context),
    readDeviceTokens: deviceTokens({ posture, attestation, environment: process.env }),
    isInteractive,
  })
}
