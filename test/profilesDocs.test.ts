import { readdirSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { agentEvents } from '../client/agent/agentEvents.ts'

const page = new URL('../docs/profiles.md', import.meta.url)

/** Holds what stands between two marks of the page to a table, or writes it there. */
const expectTable = async (name: string, rows: readonly string[]): Promise<void> => {
  const [start, end] = [`<!-- ${name}: made by the tests -->\n`, `<!-- ${name}: end -->`]
  const text = await readFile(page, 'utf8')
  const [before = '', rest = ''] = text.split(start)
  const told = `${before}${start}${[...rows, ''].join('\n')}${end}${rest.split(end)[1] ?? ''}`
  if (process.env['MAYFLY_UPDATE_DOCS'] === '1') await writeFile(page, told)
  expect(await readFile(page, 'utf8')).toBe(told)
}

it('docs/profiles.md tells every event by its number', async () => {
  const rows = Object.entries(agentEvents).map(
    ([kind, { id, meaning }]) => `| ${id} | \`${kind}\` | ${meaning} |`,
  )
  await expectTable('events', ['| id | event | |', '|---|---|---|', ...rows])
})

it('every event has a number of its own that eventcreate of Windows takes', () => {
  const ids = Object.values(agentEvents).map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id) => Number.isInteger(id) && id >= 1 && id <= 1_000)).toBe(true)
  expect(ids).toEqual(ids.toSorted((one, other) => one - other))
})

/** What DPC was seen to do, and what is done instead. */
const faults: readonly (readonly [dpc: string, mayfly: string])[] = [
  [
    'the resolver is down: all routes by name vanish, and what was known is forgotten',
    'each name keeps its last good addresses, across restarts; a check without any answer overwrites nothing',
  ],
  [
    'deletes the profile, then creates it: a failure leaves nobody a VPN',
    'validates in full first; the old profile is put back where the new one fails',
  ],
  ['a stop waits without end', 'every wait ends within 5 s, and the old or the new profile is whole'],
  [
    '`&` in a comment breaks the profile; exported files lose umlauts',
    'any text in any name survives; all files are UTF-8',
  ],
  [
    'the same profile is created anew at each check',
    'profiles are compared by what they mean; a difference that stays is told once',
  ],
  ['the order of suffixes and of servers is never applied', 'order counts where the platform uses it'],
  ['a tunnel of which nothing is known counts as down, and is hung up', 'it counts as up: the change waits'],
  [
    'a change of policy during a check is lost',
    'it is the next check: nothing is forgotten before one begins',
  ],
  [
    'IPv6 exclusions without an IPv6 gateway break the tunnel; a start without a network drops routes',
    'they are left out there; without an answer and without memory nothing is changed',
  ],
  [
    'duplicates are found by their text alone',
    'by value; a network that is both included and excluded is a fault',
  ],
  ['a wrong traffic filter is dropped, and the rest deployed', 'it refuses the profile'],
  [
    'success is an English word, times are those of a culture',
    'success is what is read back; times are ISO 8601 in UTC',
  ],
]

it('docs/profiles.md tells the twelve faults that are not to be repeated', async () => {
  const rows = faults.map(([dpc, mayfly], index) => `| ${index + 1} | ${dpc} | ${mayfly} |`)
  await expectTable('faults', ['| | DPC | Mayfly |', '|---|---|---|', ...rows])
})

it('each of the twelve faults is shown by a test that names it', () => {
  const tests = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
  const shown = tests.flatMap((text) =>
    [...text.matchAll(/\(fault (\d+)\)['"`]/g)].map(([, number]) => Number(number)),
  )
  expect([...new Set(shown)].toSorted((one, other) => one - other)).toEqual(
    faults.map((_, index) => index + 1),
  )
})
