import { vi } from 'vitest'
import { registerHttp } from '../../functions/registerHttp.ts'
import { type App, composeApp } from '../../lib/app.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { partsFrom } from '../../lib/settings.ts'
import { installFunctionsCore } from '../../local/functionsCore.ts'
import { startFunctionsHost } from '../../local/functionsHost.ts'
import { testConnectionString } from '../azurite.ts'

/** One line that an app wrote for its operator. */
interface OperatorLine {
  readonly event: string
  readonly tenant: string
  readonly requestId: string
  readonly reason: string
}

/** A functions host over HTTP, with an instance of the app for each tenant. */
export interface FaultsHost extends AsyncDisposable {
  readonly url: string
  /** The instance of a tenant. */
  readonly apps: Map<string, App>
  /** The `signature-wasted` lines of a tenant. */
  wasted(tenant: string): readonly OperatorLine[]
}

const parseLine = (text: string): OperatorLine | undefined => {
  try {
    return JSON.parse(text) as OperatorLine
  } catch {
    return undefined
  }
}

/** Starts the host, and listens to what apps write on standard error. */
export const faultsHost = async (): Promise<FaultsHost> => {
  const lines: OperatorLine[] = []
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    const line = parseLine(String(text))
    if (line) lines.push(line)
    return true
  })
  const log = () => undefined
  const { registry, uninstall } = installFunctionsCore({ log })
  const apps = new Map<string, App>()
  const parts = await partsFrom({ MAYFLY_TABLES_CONNECTION_STRING: testConnectionString() })
  const appOf = (tenant: string): App => {
    const app = apps.get(tenant)
    if (app) return app
    throw new Refusal('tenant-unknown', 'Cannot answer: the test has no such instance.')
  }
  const dispatching: App = {
    ...composeApp(parts),
    enroll: (enrollment, served) => appOf(enrollment.tenant).enroll(enrollment, served),
    findDrops: (question, served) => appOf(question.tenant).findDrops(question, served),
  }
  registerHttp(Promise.resolve(dispatching))
  await registry.finishLoading()
  const host = await startFunctionsHost({ registry, host: '127.0.0.1', port: 0, log })
  return {
    url: host.url,
    apps,
    wasted: (tenant) => lines.filter((line) => line.event === 'signature-wasted' && line.tenant === tenant),
    async [Symbol.asyncDispose]() {
      await host.close()
      uninstall()
      spy.mockRestore()
    },
  }
}
