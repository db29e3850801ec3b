import { readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { openSources } from '../../../client/profileWatch/openSources.ts'
import { at, secondsOf, watchWorld } from './watchWorld.ts'

const page = new URL('../../../docs/profiles.md', import.meta.url)
const [start, end] = ['<!-- day: made by the tests -->\n', '<!-- day: end -->']

const hour = 3_600
const hosts = Array.from({ length: 198 }, (_, index) => `name${index}.example.net`)

/** Twenty of the names have another address every two hours. */
const addressOf = (host: string, seconds: number): string => {
  const index = hosts.indexOf(host)
  const turn = index >= 0 && index < 20 ? Math.floor(seconds / (2 * hour)) : 0
  return `10.${turn}.${Math.floor((index + 2) / 250)}.${((index + 2) % 250) + 1}`
}

it('asks little and rebuilds seldom in 24 h with 200 names, as docs/profiles.md tells', async () => {
  const { run, time, place, folder, open, write, state } = await watchWorld()
  const toml = (route: string) =>
    [
      'tenant = "contoso"\nservice = "https://mayfly.example.com"',
      `[server]\nnames = ["vpn.example.com"]\nroots = ["${'aa'.repeat(20)}"]\n[certificate]\n[tunnels.user]`,
      'name = "Contoso"\nservers = [{ name = "vpn.example.com" }]',
      `routes = ${JSON.stringify([route, ...hosts])}`,
    ].join('\n')
  write(toml('192.0.2.0/24'))
  let [questions, isDown] = [0, false]
  const sources = openSources(folder, {
    now: () => time.world.now(),
    clock: () => time.world.clock(),
    report: (event) => time.world.report(event),
    hasIpv6Gateway: async () => true,
    fetchList: () => Promise.reject(new Error('no list')),
    async lookup(host, type) {
      questions += 1
      if (isDown) throw Object.assign(new Error('x'), { code: 'ETIMEOUT' })
      return type === 'A' ? [addressOf(host, secondsOf(time.now()))] : []
    },
  })
  // Connected from 8:30 to noon, and from 13:00 to 17:30; the day begins at 8:00.
  for (const [from, to] of [
    [0.5, 4],
    [5, 9.5],
  ] as const) {
    time.at(at(from * hour), () => place.states.set('Contoso', 'up'))
    time.at(at(to * hour), () => place.states.delete('Contoso'))
    for (const moment of [from, to]) time.at(at(moment * hour + 1), () => time.setNetwork(`tun ${moment}`))
  }
  time.at(at(2 * hour), () => (isDown = true))
  time.at(at(3 * hour), () => (isDown = false))
  time.at(at(6 * hour), () => write(toml('192.0.2.0/25')))
  time.at(at(10 * hour), () => time.sleep(11 * hour * 1000))
  await run(24 * hour - 1, open({}, { sources }))

  const checks = time.events.filter(({ kind }) => kind === 'profiles-checked')
  const rebuilds = place.done.filter((one) => one.startsWith('replace')).length
  expect(place.routes()?.split(' ')).toEqual(
    expect.arrayContaining(['192.0.2.0/25', ...hosts.map((host) => `${addressOf(host, 22 * hour)}/32`)]),
  )
  expect(state().profiles).toMatchObject([{ condition: 'current' }])
  expect(place.inVain).toEqual([])
  expect(place.touchedWhileUp).toEqual([])
  expect(checks.length).toBeLessThanOrEqual(40)
  expect(questions).toBe(checks.length * 2 * 200)
  // One for each end of the tunnel after something changed, and for each change of addresses while it was down.
  expect(rebuilds).toBeLessThanOrEqual(8)

  const table = [
    '| in 24 h | |',
    '|---|---|',
    `| checks | ${checks.length} |`,
    `| questions to the resolver | ${questions}: 200 names, A and AAAA, at each check |`,
    `| times that the profile was replaced | ${rebuilds} |`,
    '',
  ].join('\n')
  const text = await readFile(page, 'utf8')
  const [before = '', rest = ''] = text.split(start)
  const told = `${before}${start}${table}${end}${rest.split(end)[1] ?? ''}`
  if (process.env['MAYFLY_UPDATE_DOCS'] === '1') await writeFile(page, told)
  expect(await readFile(page, 'utf8')).toBe(told)
})
