import { setTimeout as sleep } from 'node:timers/promises'
import { registerHttp } from '../../functions/registerHttp.ts'
import { composeApp } from '../../lib/app.ts'
import type { SignerSource } from '../../lib/keys/signer.ts'
import { partsFrom } from '../../lib/settings.ts'

// The function app with keys that take as long to sign as a vault does: the host loads it in the place
// of functions/main.ts, as `delayedEntry.ts?milliseconds=10`.

const delayed = (source: SignerSource, milliseconds: number): SignerSource => ({
  async open(...asked) {
    const key = await source.open(...asked)
    return {
      async sign(...signing) {
        await sleep(milliseconds)
        return key.sign(...signing)
      },
      probe: (...probing) => key.probe(...probing),
    }
  },
})

const milliseconds = Number(new URL(import.meta.url).searchParams.get('milliseconds'))
registerHttp(
  partsFrom().then((parts) =>
    composeApp({ ...parts, signerSource: delayed(parts.signerSource, milliseconds) }),
  ),
)
