import { openTokenSource } from '../../client/token/openTokenSource.ts'
import type { SignInWorld } from '../../client/token/signInWorld.ts'
import type { TokenSettings } from '../../client/token/tokenSettings.ts'
import type { TokenSource } from '../../client/token/tokenSource.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { text, type Values } from '../commandLine/option.ts'

/** The options that say where the compliance token comes from. */
export const tokenSourceOptions = {
  tokenFile: text('FILE', 'holds the compliance token'),
  tokenCommand: text(
    'COMMAND',
    'prints it, run by the shell; asked once more when the service challenges, with MAYFLY_CHALLENGE_CLAIMS, _ACR_VALUES or _MAX_AGE set',
  ),
}

/** Values of the options that say where the compliance token comes from. */
export type TokenSourceValues = Values<typeof tokenSourceOptions>

/** Reads which source the options describe. @throws {Refusal} `usage-wrong` unless they describe one */
export const readTokenSettings = ({
  tokenFile: file,
  tokenCommand: command,
}: TokenSourceValues): TokenSettings => {
  if (file !== undefined && command === undefined) return { kind: 'file', file }
  if (command !== undefined && file === undefined) return { kind: 'command', command }
  throw new Refusal('usage-wrong', 'Cannot get a token: give either --token-file or --token-command.')
}

/** The machine on which people sign in, as a command knows it. */
export const signInWorld = (
  { notice }: Pick<CommandContext, 'notice'>,
  folder: string | undefined,
): SignInWorld => ({ environment: process.env, platform: process.platform, tell: notice, folder })

/**
 * Opens the source that the options describe.
 * @param folder for what is remembered: that of the credential.
 * @throws {Refusal} `usage-wrong`
 */
export const tokenSourceOf = (
  values: TokenSourceValues,
  context: CommandContext,
  folder: string,
): Promise<TokenSource> => openTokenSource(readTokenSettings(values), signInWorld(context, folder))
