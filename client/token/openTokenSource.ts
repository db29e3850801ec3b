import { commandSource } from './commandSource.ts'
import { fileSource } from './fileSource.ts'
import type { SignInWorld } from './signInWorld.ts'
import type { TokenSettings } from './tokenSettings.ts'
import type { TokenSource } from './tokenSource.ts'

/**
 * Opens a source of tokens; asks nobody for anything yet.
 * @throws {Refusal} `usage-wrong`
 */
export const openTokenSource = async (settings: TokenSettings, world: SignInWorld): Promise<TokenSource> => {
  switch (settings.kind) {
    case 'file':
      return fileSource(settings.file)
    case 'command':
      return commandSource(settings.command, world.environment)
    case 'oidc':
    case 'entra':
      throw new Error('not there yet')
  }
}
