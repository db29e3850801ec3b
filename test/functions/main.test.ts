import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { routes, unmatchedRoute } from '../../lib/http/routes.ts'

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
    [{ ...tables, MAYFLY_ROLE: 'Housekeeping' }, /Set MAYFLY_ROLE to one of enroll, housekeeping, all/],
    [{ MAYFLY_ROLE: 'housekeeping' }, /Set MAYFLY_TABLES_ENDPOINT/],
    [{ ...tables, MAYFLY_ROLE: 'all', MAYFLY_RETENTION_DAYS: '17' }, /Set MAYFLY_RETENTION_DAYS/],
  ])('does not start with %j', async (settings, why) => {
    await expect(load(settings)).rejects.toThrow(why)
  })
})
