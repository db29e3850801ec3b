import { setTimeout } from 'node:timers/promises'
import { openTokenSource } from '../../client/token/openTokenSource.ts'
import type { SignInWorld } from '../../client/token/signInWorld.ts'
import type { TokenSettings } from '../../client/token/tokenSettings.ts'
import type { TokenSource } from '../../client/token/tokenSource.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { text, type Values } from '../commandLine/option.ts'
import { readSignIns, signInOptions } from './signInOptions.ts'

/** The options that say where the compliance token comes from. */
export const tokenSourceOptions = {
  tokenFile: text('FILE', 'holds the compliance token'),
  tokenCommand: text(
    'COMMAND',
    'prints it, run by the shell; asked once more when the service challenges, with MAYFLY_CHALLENGE_CLAIMS, _ACR_VALUES or _MAX_AGE set',
  ),
  ...signInOptions,
}

/** Values of the options that say where the compliance token comes from. */
export type TokenSourceValues = Values<typeof tokenSourceOptions>

/** Reads which source the options describe. @throws {Refusal} `usage-wrong` unless they describe one */
export const readTokenSettings = (values: TokenSourceValues): TokenSettings => {
  const { tokenFile: file, tokenCommand: command } = values
  const [settings, other] = [
    ...(file === undefined ? [] : [{ kind: 'file', file } as const]),
    ...(command === undefined ? [] : [{ kind: 'command', command } as const]),
    ...readSignIns(values),
  ]
  if (settings && !other) return settings
  throw new Refusal(
    'usage-wrong',
    'Cannot get a token: give either --token-file or --token-command, --oidc-issuer or --entra-tenant.',
  )
}

const signInMilliseconds = 5 * 60_000

/** The machine on which people sign in, as a command knows it. */
export const signInWorld = (
  { notice }: Pick<CommandContext, 'notice'>,
  folder: string | undefined,
): SignInWorld => ({
  environment: process.env,
  platform: process.platform,
  tell: notice,
  folder,
  wait: (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal }),
  signInMilliseconds,
})

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
