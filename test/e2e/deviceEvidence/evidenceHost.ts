import { registerHttp } from '../../../functions/registerHttp.ts'
import { composeApp } from '../../../lib/app.ts'
import type { SignerSource } from '../../../lib/keys/signer.ts'
import { partsFrom, type Settings } from '../../../lib/settings.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { installFunctionsCore } from '../../../local/functionsCore.ts'
import { startFunctionsHost } from '../../../local/functionsHost.ts'
import { testConnectionString } from '../../azurite.ts'

/** The functions over HTTP in this process, with one instance of the app. */
export interface EvidenceHost extends AsyncDisposable {
  readonly url: string
}

/** What stands between the app and the world outside. */
export interface EvidenceHostOptions {
  readonly tables: Tables
  readonly signerSource: SignerSource
  /** Settings beside those that every host of these tests has. */
  readonly settings: Settings
}

/** Starts it. Its documents of keys, and the directory, are fetched over HTTP as anywhere. */
export const evidenceHost = async ({
  tables,
  signerSource,
  settings,
}: EvidenceHostOptions): Promise<EvidenceHost> => {
  const log = () => undefined
  const { registry, uninstall } = installFunctionsCore({ log })
  const parts = await partsFrom({
    MAYFLY_TABLES_CONNECTION_STRING: testConnectionString(),
    MAYFLY_ALLOW_LOOPBACK_HTTP: 'true',
    ...settings,
  })
  registerHttp(Promise.resolve(composeApp({ ...parts, tables, signerSource })))
  await registry.finishLoading()
  const host = await startFunctionsHost({ registry, host: '127.0.0.1', port: 0, log })
  return {
    url: host.url,
    async [Symbol.asyncDispose]() {
      await host.close()
      uninstall()
    },
  }
}
