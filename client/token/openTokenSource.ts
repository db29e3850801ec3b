import { commandSource } from './commandSource.ts'
import { fileSource } from './fileSource.ts'
import { type Keeping, keepSignIn } from './keepSignIn.ts'
import { rememberSignIn } from './rememberSignIn.ts'
import type { SignInWorld } from './signInWorld.ts'
import type { EntraSettings, OidcSettings, TokenSettings } from './tokenSettings.ts'
import type { TokenSource } from './tokenSource.ts'

const keepingFor = (settings: OidcSettings | EntraSettings, world: SignInWorld): Keeping => {
  const { folder } = world
  return keepSignIn(
    settings.remember && folder !== undefined ? rememberSignIn(settings, { ...world, folder }) : undefined,
  )
}

/**
 * Opens a source of tokens; asks nobody for anything yet. What only sign-ins need is loaded only for them.
 * @throws {Refusal} `usage-wrong`
 */
export const openTokenSource = async (settings: TokenSettings, world: SignInWorld): Promise<TokenSource> => {
  switch (settings.kind) {
    case 'file':
      return fileSource(settings.file)
    case 'command':
      return commandSource(settings.command, world.environment)
    case 'oidc': {
      const { oidcSource } = await import('./oidcSource.ts')
      return oidcSource(settings, world, keepingFor(settings, world))
    }
    case 'entra': {
      const { entraSource } = await import('./entraSource.ts')
      return entraSource(settings, { world, keeping: keepingFor(settings, world) })
    }
  }
}
