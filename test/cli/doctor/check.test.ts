import { describe, expect, it } from 'vitest'
import { type Check, makeChecks, resting } from '../../../cli/doctor/check.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'

const well: Check = {
  id: 'tables-gaps',
  run: () => [{ id: 'tables-gaps', status: 'ok', detail: 'none' }],
}

const failing = (reason: unknown): Check => ({
  id: 'bundle-content',
  tenant: 'contoso',
  subject: 'root~0001',
  run: () => Promise.reject(reason),
})

const limit = 10_000

describe('makeChecks()', () => {
  it('tells what every check found, whatever became of those before it, in their order', async () => {
    const checks = [
      failing(new Error('The row is broken.')),
      well,
      failing(new TypeError('x is undefined')),
      well,
    ]
    const found = await makeChecks(checks, limit)
    expect(found.map(({ status }) => status)).toEqual(['problem', 'ok', 'problem', 'ok'])
    expect(found[0]).toEqual({
      id: 'bundle-content',
      tenant: 'contoso',
      subject: 'root~0001',
      status: 'problem',
      detail: 'The row is broken.',
      remedy: expect.stringMatching(/compare it with a backup\.$/),
    })
    expect(found[2]?.detail).toBe('TypeError: x is undefined')
  })

  it('tells of a check that throws before it waits for anything', async () => {
    const check: Check = {
      id: 'account-key',
      run: () => {
        throw new Error('at once')
      },
    }
    expect(await makeChecks([check, well], limit)).toMatchObject([{ detail: 'at once' }, { status: 'ok' }])
  })

  it('tells what a refusal says, and its remedy', async () => {
    const refusal = new Refusal('sign-in-needed', 'Cannot sign in to Azure.')
    const [found] = await makeChecks([failing(refusal)], limit)
    expect(found).toMatchObject({
      status: 'problem',
      detail: 'Cannot sign in to Azure.',
      remedy: expect.stringMatching(/^Run `az login`/),
    })
  })

  it('does not check what rests on something that fails, and names that', async () => {
    const check: Check = {
      id: 'tables-gaps',
      run: () => resting('tables-reachable', () => Promise.reject(new Error('ECONNREFUSED'))),
    }
    expect(await makeChecks([check], limit)).toEqual([
      {
        id: 'tables-gaps',
        tenant: undefined,
        status: 'not checked',
        detail: 'this needs what tables-reachable is about',
        remedy: 'Mend tables-reachable first.',
      },
    ])
  })

  it('does not wait for a check that never ends', async () => {
    const stuck: Check = { id: 'service-ready', run: () => new Promise(() => undefined) }
    expect(await makeChecks([stuck, well], 20)).toMatchObject([
      { id: 'service-ready', status: 'problem', detail: 'no answer within 0.02 s' },
      { id: 'tables-gaps', status: 'ok' },
    ])
  })
})
