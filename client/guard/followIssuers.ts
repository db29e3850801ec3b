import { type LookingWorld, openTrouble, type TroubleError } from '../agent/trouble.ts'
import { trustFiles } from '../trustFiles.ts'
import { readTrusted } from '../trustFolder.ts'
import type { KnownIssuers } from './decideEnds.ts'
import type { GuardSpec } from './guardSpec.ts'
import { knownIssuers } from './knownIssuers.ts'

/** The issuers that sessions are held to. */
export interface FollowedIssuers {
  /** Those of the bundle as it is now. Never rejects. @returns undefined where nothing verified tells them. */
  read(): Promise<KnownIssuers | undefined>
  readonly error: TroubleError | undefined
}

/** Reads the issuers of the verified bundle anew, and remembers what follows from it. */
export const followIssuers = (
  { folder, tenant }: Pick<GuardSpec, 'folder' | 'tenant'>,
  world: LookingWorld,
): FollowedIssuers => {
  const trouble = openTrouble(world, {
    begun: 'issuers-unknown',
    over: { kind: 'issuers-known', text: 'The trust bundle can be read again.' },
    subject: folder,
  })
  let latest: { readonly json: string; readonly known: KnownIssuers } | undefined
  return {
    async read() {
      try {
        const { installed } = await readTrusted(trustFiles(folder), tenant)
        trouble.end()
        if (!installed) return undefined
        const json = installed.sha256.json
        if (latest?.json !== json) latest = { json, known: knownIssuers(installed) }
        return latest.known
      } catch (error) {
        // Ends nothing by an issuer: what cannot be verified says nothing of it.
        trouble.begin(error)
        return undefined
      }
    },
    get error() {
      return trouble.error
    },
  }
}
