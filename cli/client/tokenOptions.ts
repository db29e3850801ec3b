import { commandSource } from '../../client/token/commandSource.ts'
import { fileSource } from '../../client/token/fileSource.ts'
import type { TokenSource } from '../../client/token/tokenSource.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { text } from '../commandLine/option.ts'

/** The options that say where compliance tokens come from. */
export const tokenOptions = {
  tokenFile: text('FILE', 'holds the compliance token'),
  tokenCommand: text(
    'COMMAND',
    'prints it, run by the shell; asked once more when the service challenges, with MAYFLY_CHALLENGE_CLAIMS, _ACR_VALUES or _MAX_AGE set',
  ),
}

/** The source that options name. @throws {Refusal} `usage-wrong` for none, and for two */
export const tokenSourceOf = ({
  tokenFile,
  tokenCommand,
}: Readonly<Record<keyof typeof tokenOptions, string | undefined>>): TokenSource => {
  if ((tokenFile === undefined) === (tokenCommand === undefined))
    throw new Refusal('usage-wrong', 'Cannot get a token: give either --token-file or --token-command.')
  return tokenFile === undefined ? commandSource('token', tokenCommand ?? '') : fileSource('token', tokenFile)
}
