import { describe, expect, it } from 'vitest'
import { type Check, checksOf, dependOn, makeChecks } from '../../../client/check/check.ts'
import { ok } from '../../../client/check/finding.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'

const well: Check = { id: 'tables-gaps', ask: () => ok('none') }

const failing = (reason: unknown): Check => ({
  id: 'bundle-content',
  subject: 'root~0001',
  ask: () => Promise.reject(reason),
})

const make = (...checks: readonly Check[]) =>
  makeChecks(checks, { tenant: 'contoso', limitMilliseconds: 10_000 })

describe('makeChecks()', () => {
  it('tells what every check found, whatever became of those before it, in their order', async () => {
    const [broken, wrong] = [new Error('The row is broken.'), new TypeError('x is undefined')]
    const found = await make(failing(broken), well, failing(wrong), well)
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
    const check = {
      ...well,
      ask: () => {
        throw new Error('at once')
      },
    }
    expect(await make(check, well)).toMatchObject([{ detail: 'at once' }, { status: 'ok' }])
  })

  it('tells what a refusal says, and its remedy', async () => {
    expect(await make(failing(new Refusal('sign-in-needed', 'Cannot sign in to Azure.')))).toMatchObject([
      {
        status: 'problem',
        detail: 'Cannot sign in to Azure.',
        remedy: expect.stringMatching(/^Run `az login`/),
      },
    ])
  })

  it('does not check what depends on something that fails, and names that', async () => {
    const ask = () => dependOn('tables-reachable', () => Promise.reject(new Error('ECONNREFUSED')))
    expect(await make(...checksOf('anything', { 'tables-gaps': ask }))).toEqual([
      {
        id: 'tables-gaps',
        tenant: 'contoso',
        subject: undefined,
        status: 'not checked',
        detail: 'this needs what tables-reachable is about',
        remedy: 'Mend tables-reachable first.',
      },
    ])
  })

  it('does not wait for a check that never ends', async () => {
    const stuck: Check = { id: 'service-ready', ask: () => new Promise(() => undefined) }
    expect(await makeChecks([stuck, well], { limitMilliseconds: 20 })).toMatchObject([
      { id: 'service-ready', status: 'problem', detail: 'no answer within 0.02 s' },
      { id: 'tables-gaps', status: 'ok' },
    ])
  })
})
