import { setTimeout } from 'node:timers/promises'
import { openTokenSource } from '../../client/token/openTokenSource.ts'
import type { SignInWorld } from '../../client/token/signInWorld.ts'
import type { TokenSource } from '../../client/token/tokenSource.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { readTokenSettings, type TokenSourceValues } from './tokenSourceOptions.ts'

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

/** Tells whoever watches when a token takes long to come. */
export const waitedFor = (
  source: TokenSource,
  { waiting }: Pick<CommandContext, 'waiting'>,
): TokenSource => ({
  ...source,
  get: (wanted, signal) => waiting('waiting for the token', () => source.get(wanted, signal)),
})

/**
 * Opens the source that the options describe.
 * @param folder for what is remembered: that of the credential.
 * @throws {Refusal} `usage-wrong`
 */
export const tokenSourceOf = async (
  values: TokenSourceValues,
  context: CommandContext,
  folder: string,
): Promise<TokenSource> =>
  waitedFor(await openTokenSource(readTokenSettings(values), signInWorld(context, folder)), context)
