import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { credentialSpec } from '../../../client/agent/credentialSpec.ts'
import { keptCredential } from '../../../client/agent/keptCredential.ts'
import { runAgent } from '../../../client/agent/runAgent.ts'
import type { TokenWanted } from '../../../client/token/tokenSource.ts'
import { credentialFolder } from '../../../client/credential/credentialFolder.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { problemReply } from '../serve.ts'
import { simulatedTime } from './simulatedTime.ts'
import { busy, type Instead, standInService } from './standInService.ts'

const minute = 60_000
const at = (text: string): Date => new Date(`2026-03-0${text < '06:00' ? 3 : 2}T${text}:00Z`)

/** From when to when there can be no new certificate, and for how long after that there need not be one. */
interface Trouble {
  readonly from: string
  readonly to: string
  readonly graceMinutes: number
}

const troubles = {
  asleep: { from: '07:58', to: '08:45', graceMinutes: 0.5 },
  away: { from: '09:20', to: '10:40', graceMinutes: 0.5 },
  noToken: { from: '11:00', to: '12:00', graceMinutes: 16 },
  notCompliant: { from: '13:00', to: '14:10', graceMinutes: 16 },
  down: { from: '18:00', to: '20:00', graceMinutes: 6 },
  asleepOvernight: { from: '22:30', to: '04:00', graceMinutes: 0.5 },
} as const satisfies Readonly<Record<string, Trouble>>

const isWithin = (time: Date, { from, to, graceMinutes }: Trouble, withGrace = false): boolean =>
  time >= at(from) && time.getTime() < at(to).getTime() + (withGrace ? graceMinutes * minute : 0)

/** Whether what a VPN client reads at a time is a key with a certificate that is valid then. */
const readPair = (folder: string, now: Date): 'valid' | 'ended' | 'absent' => {
  const read = (name: string) => readFileSync(join(folder, 'current', name))
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(read('certificate.pem'))
  } catch {
    return 'absent'
  }
  expect(certificate.checkPrivateKey(createPrivateKey(read('key.pem')))).toBe(true)
  return certificate.validFromDate <= now && now < certificate.validToDate ? 'valid' : 'ended'
}

it('a laptop holds a valid certificate at every moment of a day at which it can have one', async () => {
  const time = simulatedTime(at('06:00'), 17)
  const folder = join(await temporaryFolder(), 'ada')
  const [stop, end] = [new AbortController(), at('05:59')]
  const wanted: TokenWanted[] = []
  let isChallenged = false
  const instead: Instead = (token) => {
    if (isWithin(time.now(), troubles.away)) return 'away'
    if (isWithin(time.now(), troubles.notCompliant)) return problemReply(403, 'device-not-compliant')
    if (isWithin(time.now(), troubles.down)) return busy(60)
    if (!isChallenged || token.includes('strong')) return undefined
    return problemReply(401, 'claims-challenge', {
      'www-authenticate': 'Bearer error="insufficient_claims", claims="eyJ4IjoxfQ"',
    })
  }
  const service = await standInService(time.now, instead)
  const store = credentialFolder(folder)
  const spec = credentialSpec({
    folder,
    store,
    files: store.files,
    url: service.url,
    tenant: 'contoso',
    token: {
      kind: 'command',
      answersChallenges: true,
      async get(asked) {
        wanted.push(asked)
        if (isWithin(time.now(), troubles.noToken))
          throw new Refusal('token-source-failed', 'Cannot get a token: the token command ended with 1.')
        return `a.${wanted.length}.${asked.challenge ? 'strong' : 'weak'}`
      },
    },
    readDeviceTokens: async () => ({}),
    isInteractive: false,
  })

  time.at(at('07:58'), () => time.sleep(47 * minute))
  time.at(at('09:20'), () => time.setNetwork(''))
  time.at(at('10:40'), () => time.setNetwork('wlan0 198.51.100.4/24'))
  time.at(at('15:00'), () => time.setClock(-180 * minute))
  time.at(at('16:30'), () => time.setClock(120 * minute))
  time.at(at('17:20'), () => time.setClock(0))
  time.at(at('20:30'), () => (isChallenged = true))
  time.at(at('22:30'), () => time.sleep(330 * minute))
  time.at(end, () => stop.abort())

  const gaps: { readonly at: Date; readonly state: string }[] = []
  let instants = 0
  const look = () => {
    instants += 1
    const state = readPair(folder, time.now())
    if (state !== 'valid') gaps.push({ at: time.now(), state })
    if (time.now() < end) time.at(new Date(time.now().getTime() + 10_000), look)
  }
  time.at(new Date(at('06:00').getTime() + 1_000), look)
  await time.run(() => runAgent([keptCredential(spec)], time.world, stop.signal))

  const excused = (one: Date) => Object.values(troubles).some((trouble) => isWithin(one, trouble, true))
  expect(gaps.filter((gap) => !excused(gap.at))).toEqual([])
  expect(instants).toBeGreaterThan(5_000)
  // Each trouble that is longer than a certificate lives was seen.
  for (const name of ['away', 'noToken', 'notCompliant', 'down'] as const)
    expect([name, gaps.some((gap) => isWithin(gap.at, troubles[name], true))]).toEqual([name, true])

  const issued = service.served.filter(({ status }) => status === 201)
  const statuses = Object.groupBy(service.served, ({ status }) => String(status))
  const counted = Object.fromEntries(
    Object.entries(statuses).map(([status, all = []]) => [status, all.length]),
  )
  const list = service.served.map((one) => `${one.at.toISOString().slice(11, 19)} ${one.status}`)
  process.stdout.write(`requests ${JSON.stringify(counted)}, tokens ${wanted.length}: ${list.join(', ')}\n`)
  expect(issued.length).toBeLessThanOrEqual(34)
  expect(service.served.length).toBeLessThanOrEqual(100)
  // Never two requests within ten seconds, but for the answer to a challenge.
  const close = service.served.filter(
    (one, index, all) =>
      one.at.getTime() - (all[index - 1]?.at.getTime() ?? 0) < 10_000 && !one.token.includes('strong'),
  )
  expect(close).toEqual([])
  const heard = new Set(time.events.map(({ kind }) => kind))
  for (const kind of [
    'renewed',
    'failed',
    'refused',
    'clock-jumped',
    'clock-differs',
    'network-changed',
  ] as const)
    expect([...heard]).toContain(kind)
})
