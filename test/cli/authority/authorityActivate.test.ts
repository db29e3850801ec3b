import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../../cli/commandLine/exitCodes.ts'
import { testTables } from '../../azurite.ts'
import { runCommand, testTime } from '../runCommand.ts'
import {
  type AuthorityBench,
  changingNothing,
  day,
  second,
  tooWide,
  window,
  withAuthority,
} from '../withAuthority.ts'

beforeAll(() => testTables())

const states = (json: unknown): Readonly<Record<string, string>> => {
  const { generations } = json as {
    readonly generations: readonly { readonly id: string; readonly state: string }[]
  }
  return Object.fromEntries(generations.map(({ id, state }) => [id, state]))
}

/** An authority with a second issuer that waits since the beginning. */
const withTwoIssuers = async (): Promise<AuthorityBench> => {
  const bench = await withAuthority()
  await bench.run('authority stage-issuer')
  return bench
}

/** The instances of the service read the tables twice a minute. */
const served = ({ tenant }: AuthorityBench, sequence: number, time: string): string =>
  `served by every instance at ${time} (in 30 seconds) at the latest; mayfly trust fetch --tenant ${tenant} --at-least ${sequence} waits for it on a server`

const issuer = (number: number) => ['--generation', `issuer~000${number}`] as const
const root = (number: number) => ['--generation', `root~000${number}`] as const

describe('mayfly authority activate', () => {
  it('refuses to the last second of the publication window, and tells when it ends', async () => {
    const bench = await withTwoIssuers()
    const activate = () => bench.run('authority activate', ...issuer(2), { after: window - second })
    await changingNothing(bench, () =>
      expect(activate).toRefuse(
        'transition-refused',
        /^Cannot activate issuer~0002: the publication window of issuer~0002 ends at 2026-03-09T10:00:00Z\.$/,
      ),
    )
  })

  it('puts an issuer to work when the window is over, without asking, and once', async () => {
    const bench = await withTwoIssuers()
    const { text, json } = await bench.run('authority activate', ...issuer(2), { after: window })
    expect(text).toBe(
      `activate issuer~0002:\n  issuer~0002: staged -> active\ndone: bundle 3\n${served(bench, 3, '2026-03-09T10:00:30Z')}`,
    )
    expect(json).toMatchObject({
      tenant: bench.tenant,
      sequence: 3,
      changed: true,
      plan: {
        action: 'activate',
        subject: 'issuer~0002',
        changes: [{ id: 'issuer~0002', from: 'staged', to: 'active' }],
        breaks: [],
      },
    })
    expect(states(json)).toMatchObject({ 'issuer~0001': 'active', 'issuer~0002': 'active' })
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    const again = await changingNothing(bench, () =>
      bench.run('authority activate', ...issuer(2), { after: window + second }),
    )
    expect(again.text).toBe('issuer~0002 is active already')
    expect(again.json).toEqual({
      ...(json as object),
      changed: false,
      plan: { action: 'activate', subject: 'issuer~0002', changes: [], breaks: [] },
    })
  })

  it('waits for every listed relying party, and names those that lag', async () => {
    const bench = await withTwoIssuers()
    for (const name of ['vpn-1', 'vpn-2']) await bench.run('relying-party add', '--name', name)
    await bench.run('authority confirm', '--relying-party', 'vpn-1', '--bundle', '2')
    const activate = () => bench.run('authority activate', ...issuer(2), { after: window })
    await expect(activate).toRefuse(
      'transition-refused',
      /: vpn-2 has not installed bundle 2, the first with issuer~0002\.$/,
    )
    await bench.run('authority confirm', '--relying-party', 'vpn-2', '--bundle', '1')
    await expect(activate).toRefuse('transition-refused', /vpn-2 has not installed/)
    await bench.run('authority confirm', '--relying-party', 'vpn-2', '--bundle', '2')
    expect(await activate()).toMatchObject({ json: { changed: true } })
  })

  it('shows with --dry-run what would change and break within 80 columns, and changes nothing', async () => {
    const bench = await withTwoIssuers()
    const name = `vpn-${'x'.repeat(59)}`
    await bench.run('relying-party add', '--name', name)
    const dry = await changingNothing(bench, () =>
      bench.run('authority activate --dry-run', ...issuer(2), '--force', '--yes'),
    )
    expect(dry.text.split('\n')).toEqual([
      'activate issuer~0002:',
      '  issuer~0002: staged -> active',
      '  breaks: the publication window of issuer~0002 ends at 2026-03-09T10:00:00Z',
      `  breaks: ${name} has`,
      '          not installed bundle 2, the first with issuer~0002',
      'nothing was changed',
    ])
    expect(tooWide(dry.text)).toEqual([])
    expect(dry.json).toMatchObject({
      tenant: bench.tenant,
      sequence: 2,
      generations: { length: 4 },
      changed: false,
      plan: { breaks: [/window/, /not installed/].map(matching) },
    })
  })

  it('wants --force for what it breaks, and then that somebody agrees', async () => {
    const bench = await withTwoIssuers()
    const forced = (options: readonly string[], answer = false) =>
      bench.run('authority activate --force', ...issuer(2), ...options, { answer })
    const refused = forced([])
    await expect(refused).toRefuse('confirmation-needed', /the plan was not confirmed/)
    expect(exitCodeOf(await refused.catch((error: unknown) => error))).toBe(2)
    const yesAlone = bench.run('authority activate --yes', ...issuer(2))
    await expect(yesAlone).toRefuse('transition-refused')
    expect(exitCodeOf(await yesAlone.catch((error: unknown) => error))).toBe(3)
    const { json } = await forced(['--reason', 'an emergency'], true)
    expect(json).toMatchObject({ changed: true, sequence: 3 })
    const { json: status } = await bench.run('authority status')
    expect((status as { readonly events: readonly unknown[] }).events.at(-1)).toMatchObject({
      action: 'activate',
      by: 'local:tester@bench',
      reason: 'an emergency',
      forced: [expect.stringMatching(/publication window/)],
    })
  })

  it.each([
    ['issuer~0002', 'root-2'],
    ['root~0002', 'issuer-2'],
  ] as const)('refuses %s when its key was swapped for another', async (generation, other) => {
    const bench = await withTwoIssuers()
    const own = generation.replace('~000', '-')
    const file = (name: string) => join(bench.folder, 'keys', `${bench.tenant}.${name}-es256.pem`)
    await rename(file(other), file(own))
    const activate = () => bench.run('authority activate', '--generation', generation, { after: window })
    await expect(activate).toRefuse('key-mismatch', new RegExp(`it is not the key of ${generation}`))
    expect(await bench.run('authority status')).toMatchObject({ json: { sequence: 2 } })
  })

  it('puts one root to work in place of the other, and back', async () => {
    const bench = await withAuthority()
    const forth = await bench.run('authority activate', ...root(2), { after: window })
    expect(states(forth.json)).toMatchObject({ 'root~0001': 'retiring', 'root~0002': 'active' })
    expect(forth.text).toContain('\n  root~0001: active -> retiring\n')
    const back = await bench.run('authority activate', ...root(1), { after: window + second })
    expect(states(back.json)).toMatchObject({ 'root~0001': 'active', 'root~0002': 'retiring' })
  })
})

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

describe('mayfly authority deactivate', () => {
  it('asks, stops an issuer, and does so once', async () => {
    const bench = await withTwoIssuers()
    await bench.run('authority activate', ...issuer(2), { after: window })
    const stop = (words: string, answer = false) =>
      bench.run(`authority deactivate ${words}`.trim(), ...issuer(1), { after: window, answer })
    await expect(stop('')).toRefuse('confirmation-needed')
    const { text, json } = await stop('', true)
    expect(text).toBe(
      `deactivate issuer~0001:\n  issuer~0001: active -> retiring\ndone: bundle 4\n${served(bench, 4, '2026-03-09T10:00:30Z')}`,
    )
    expect(states(json)).toMatchObject({ 'issuer~0001': 'retiring' })
    const again = await changingNothing(bench, () => stop(''))
    expect(again.text).toBe('issuer~0001 is retiring already')
  })

  it('refuses to stop the last issuer without --force, and tells what that breaks', async () => {
    const bench = await withAuthority()
    const stop = (words = '') => bench.run(`authority deactivate --yes ${words}`.trim(), ...issuer(1))
    await changingNothing(bench, () =>
      expect(stop()).toRefuse('transition-refused', /every enrollment will be answered with 503/),
    )
    expect((await stop('--dry-run')).text).toContain(
      '  breaks: no issuer stays active: every enrollment will be answered with 503\n',
    )
    expect(await stop('--force')).toMatchObject({ json: { changed: true, sequence: 2 } })
  })

  it.each([
    [86_400, true],
    [3600, false],
  ])(
    'counts on no issuer that ends before a certificate of %d s would: %s',
    async (lifetimeSeconds, breaks) => {
      const bench = await withAuthority({ certificate: { lifetimeSeconds } })
      await bench.run('authority stage-issuer', { after: window })
      await bench.run('authority activate', ...issuer(2), { after: 2 * window })
      const twoHoursBeforeTheFirstEnds = { after: 90 * day - 7200 * second }
      const stop = ['authority deactivate --dry-run', ...issuer(2), twoHoursBeforeTheFirstEnds] as const
      const { json } = await bench.run(...stop)
      const why =
        'no issuer that stays active is valid for as long as a certificate and may sign for 1.3.6.1.4.1.311.87'
      expect(json).toMatchObject({
        plan: { breaks: breaks ? [`${why}: every enrollment will be answered with 503`] : [] },
      })
    },
  )

  it('tells within 80 columns what stopping the only root breaks', async () => {
    const bench = await withAuthority()
    const { text } = await bench.run('authority deactivate --dry-run', ...root(1))
    expect(text).toContain('breaks: no root stays active')
    expect(tooWide(text)).toEqual([])
  })
})

describe('mayfly authority retire', () => {
  it('refuses while certificates of the issuer may be valid, then asks, and takes it out once', async () => {
    const bench = await withTwoIssuers()
    await bench.run('authority activate', ...issuer(2), { after: window })
    const early = () => bench.run('authority retire --yes', ...issuer(1), { after: window })
    await expect(early).toRefuse('transition-refused', /it is active: deactivate it first/)
    await bench.run('authority deactivate --yes', ...issuer(1), { after: window })
    await expect(early).toRefuse(
      'transition-refused',
      /certificates that issuer~0001 issued may be valid until 2026-03-10T10:10:00Z/,
    )
    const dry = await bench.run('authority retire --dry-run', ...issuer(1), { after: window })
    expect(tooWide(dry.text)).toEqual([])
    const late = { after: window + day + 600 * second }
    await expect(bench.run('authority retire', ...issuer(1), late)).toRefuse('confirmation-needed')
    const { json } = await bench.run('authority retire --yes', ...issuer(1), late)
    expect(states(json)).toMatchObject({ 'issuer~0001': 'retired' })
    const again = await changingNothing(bench, () => bench.run('authority retire', ...issuer(1), late))
    expect(again.text).toBe('issuer~0001 is retired already')
  })
})

describe('mayfly authority taint', () => {
  it('asks, distrusts a root with all beneath it, and is final', async () => {
    const bench = await withAuthority()
    await bench.run('authority stage-issuer', '--root', 'root~0002')
    await bench.run('authority activate --force --yes', ...root(2))
    await bench.run('authority activate --force --yes', ...issuer(2))
    await expect(bench.run('authority taint', ...root(1))).toRefuse('confirmation-needed')
    const { text, json } = await bench.run('authority taint --yes', ...root(1), '--reason', 'stolen')
    expect(text.split('\n')).toEqual([
      'taint root~0001:',
      '  root~0001: retiring -> tainted',
      '  issuer~0001: active -> tainted',
      'done: bundle 5',
      served(bench, 5, '2026-03-02T10:00:30Z'),
    ])
    expect(states(json)).toMatchObject({ 'root~0001': 'tainted', 'issuer~0001': 'tainted' })
    const again = await changingNothing(bench, () => bench.run('authority taint', ...root(1)))
    expect(again.text).toBe('root~0001 is tainted already')
    for (const words of ['activate', 'deactivate', 'retire'])
      await expect(bench.run(`authority ${words} --force --yes`, ...root(1))).toRefuse(
        'transition-refused',
        /it is tainted/,
      )
  })
})

describe('a question that is answered a day later', () => {
  const deactivate = ['authority', 'deactivate', ...issuer(1)]

  /** Runs a command of which the question is answered at another time, after what happened until then. */
  const answeredAt = (
    { tenant, deployment }: AuthorityBench,
    words: readonly string[],
    { after, meanwhile }: { after: number; meanwhile?: () => Promise<unknown> },
  ) => {
    let now = new Date(testTime.getTime() + window)
    const answer = async () => {
      await meanwhile?.()
      now = new Date(testTime.getTime() + after)
      return true
    }
    return runCommand([...words, '--tenant', tenant], deployment, { now: () => now, answer })
  }

  /** An authority with two issuers that sign. */
  const withTwoActive = async (): Promise<AuthorityBench> => {
    const bench = await withTwoIssuers()
    await bench.run('authority activate', ...issuer(2), { after: window })
    return bench
  }

  it('names the tenant, which the environment may have chosen', async () => {
    const { tenant, deployment } = await withTwoActive()
    const asked: string[] = []
    const answer = async (question: string) => asked.push(question) === 0
    const now = new Date(testTime.getTime() + window)
    const refused = runCommand([...deactivate, '--tenant', tenant], deployment, { now, answer })
    await expect(refused).toRefuse('confirmation-needed')
    expect(asked).toEqual([expect.stringMatching(new RegExp(`^${tenant}: deactivate issuer~0001:\\n`))])
  })

  it('makes the change at the time of the answer: certificates live on until a day after that', async () => {
    const bench = await withTwoActive()
    await answeredAt(bench, deactivate, { after: window + 2 * day })
    const { json } = await bench.run('authority status', { after: window + 2 * day })
    const { events } = json as { readonly events: readonly { readonly at: string }[] }
    expect(events.at(-1)?.at).toBe('2026-03-11T10:00:00.000Z')
    const retire = bench.run('authority retire', ...issuer(1), { after: window + 2 * day + second })
    await expect(retire).toRefuse('transition-refused', /may be valid until 2026-03-12T10:10:00Z/)
  })

  it('changes nothing when somebody else did it meanwhile', async () => {
    const bench = await withTwoActive()
    const other = () => bench.run('authority deactivate --yes', ...issuer(1), { after: window })
    const refused = answeredAt(bench, deactivate, { after: window + second, meanwhile: other })
    await expect(refused).toRefuse('configuration-conflict', /the plan changed while you were asked/)
    expect((await bench.run('authority status')).json).toMatchObject({ sequence: 4 })
  })

  it('changes nothing when it would break what it did not before', async () => {
    const bench = await withTwoActive()
    const other = () => bench.run('authority deactivate --yes', ...issuer(2), { after: window })
    const refused = answeredAt(bench, deactivate, { after: window + second, meanwhile: other })
    await expect(refused).toRefuse('configuration-conflict', /the plan changed while you were asked/)
  })

  it('changes nothing when a relying party that lags was listed meanwhile', async () => {
    const bench = await withTwoIssuers()
    const forced = ['authority', 'activate', '--force', ...issuer(2)]
    const other = () => bench.run('relying-party add', '--name', 'vpn-2')
    await bench.run('relying-party add', '--name', 'vpn-1')
    const refused = answeredAt(bench, forced, { after: window + second, meanwhile: other })
    await expect(refused).toRefuse('configuration-conflict', /the plan changed while you were asked/)
  })
})

describe('every command that moves a generation', () => {
  it.each(['activate', 'deactivate', 'retire', 'taint'])(
    '%s refuses a generation there is none of, and one that is not named',
    async (words) => {
      const bench = await withAuthority()
      for (const name of ['issuer~0009', 'root', 'issuer~00001x', 'cross~0002~0001'])
        await expect(bench.run(`authority ${words}`, '--generation', name)).toRefuse(
          'generation-unknown',
          /has issuer~0001, root~0001, root~0002 only/,
        )
      await expect(bench.run(`authority ${words}`)).toRefuse('usage-wrong', /--generation is missing/)
    },
  )
})
