import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { registerHousekeeping } from '../../functions/registerHousekeeping.ts'
import { routes, unmatchedRoute } from '../../lib/http/routes.ts'
import { housekeeperFrom } from '../../lib/settings.ts'
import { installFunctionsCore } from '../../local/functionsCore.ts'
import { freePort } from '../../local/freePort.ts'
import { startFunctions } from '../e2e/startFunctions.ts'

const script = fileURLToPath(new URL('registeredFunctions.ts', import.meta.url))
const tables = { MAYFLY_TABLES_CONNECTION_STRING: 'UseDevelopmentStorage=true' }

/** Loads the app in a process of its own with these settings alone. */
const load = async (settings: Readonly<Record<string, string>>) => {
  const { stdout } = await promisify(execFile)(process.execPath, [script], {
    env: { PATH: process.env['PATH'], ...settings },
  })
  return JSON.parse(stdout) as {
    readonly names: readonly string[]
    readonly bindings: readonly {
      readonly name: string
      readonly bindings: Readonly<Record<string, object>>
    }[]
  }
}

const overHttp = [...Object.keys(routes), unmatchedRoute.name]

const sorted = (names: readonly string[]) =>
  names.toSorted((a, b) => (a.toUpperCase() < b.toUpperCase() ? -1 : 1))

describe('functions/main.ts', () => {
  it('registers what enrolls, and no timer, unless it is told otherwise', async () => {
    expect((await load(tables)).names).toEqual(sorted(overHttp))
    expect((await load({ ...tables, MAYFLY_ROLE: 'enroll' })).names).toEqual(sorted(overHttp))
  })

  it('registers the timer alone for housekeeping, which needs no setting of keys', async () => {
    const wrongKeys = { MAYFLY_KEY_VAULT_HOST: 'nowhere', MAYFLY_REQUEST_SECONDS: 'many' }
    const { names, bindings } = await load({ ...tables, ...wrongKeys, MAYFLY_ROLE: 'housekeeping' })
    expect(names).toEqual(['housekeeping'])
    const [trigger] = Object.values(bindings[0]?.bindings ?? {})
    expect(trigger).toMatchObject({ type: 'timerTrigger', schedule: '17 23 * * * *', runOnStartup: false })
  })

  it('registers everything for all', async () => {
    expect((await load({ ...tables, MAYFLY_ROLE: 'all' })).names).toEqual(
      sorted([...overHttp, 'housekeeping']),
    )
  })

  it.each([
    ['MAYFLY_TABLES_ENDPOINT', {}],
    ['MAYFLY_ROLE', { ...tables, MAYFLY_ROLE: 'canary' }],
  ])('answers 503 everywhere while %s is wrong, and a line names it', async (name, settings) => {
    const none = { MAYFLY_ROLE: '', MAYFLY_TABLES_CONNECTION_STRING: '' }
    const functions = startFunctions(await freePort(), { ...none, ...settings })
    onTestFinished(async () => void (await functions.stop()))
    await functions.serving
    for (const path of ['', 'healthz', 'readyz', 'v1/contoso/trust.json']) {
      const answer = await fetch(`${functions.url}/${path}`)
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '60'])
      const { type } = (await answer.json()) as { readonly type: string }
      expect(type.split(':').at(-1)).toBe('not-configured')
    }
    expect(functions.output()).toContain(`"event":"not-started","cause":"SettingFault: Set ${name} `)
    expect(functions.output()).not.toContain('canary')
  })

  it('fails each run of the timer while a setting is wrong', async () => {
    const { registry } = installFunctionsCore({ log: () => undefined })
    registerHousekeeping(housekeeperFrom({ ...tables, MAYFLY_RETENTION_DAYS: '17' }))
    await registry.finishLoading()
    const runs = registry.functions.map((timer) => {
      const [name = ''] = Object.keys(timer.metadata.bindings)
      return registry.invoke(timer, { name, data: { json: '{}' } })
    })
    expect(runs).toHaveLength(1)
    await expect(runs[0]).rejects.toThrow('Set MAYFLY_RETENTION_DAYS')
  })
})
