import type { TokenSettings } from '../../client/token/tokenSettings.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
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
