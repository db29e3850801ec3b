import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runQuickly } from '../../../cli/runQuickly.ts'
import { standInService } from '../../client/agent/standInService.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'

const hour = 3_600_000
const year = 365.25 * 24 * hour

/** A machine whose clock is wrong by so much, and a service whose clock is right. */
const bench = async (wrongBy: number) => {
  let wrong = wrongBy
  const now = () => new Date(Date.now() + wrong)
  const folder = await temporaryFolder()
  const [out, token, state] = ['ada', 'ada.jwt', 'ada/agent.json'].map((name) => join(folder, name))
  const service = await standInService(() => new Date())
  await writeFile(String(token), 'a.b.c')
  const words = ['--url', service.url, '--tenant', 'contoso', '--token-file', String(token)]
  const options = [...words, '--out', String(out)]
  const run = async (...command: readonly string[]) =>
    (await runCommand([...command, ...options], testDeployment(folder), { now })).exitCode
  return {
    asked: () => service.served.length,
    run,
    quick: () => {
      const terminal = { writeResult: async () => undefined, writeNotice: () => undefined }
      const machine = { variables: {}, now, terminal } as unknown as Parameters<typeof runQuickly>[1]
      return runQuickly(['agent', 'ensure', ...options], machine)
    },
    status: async () => {
      const args = ['agent', 'status', '--out', String(out)]
      return (await runCommand(args, testDeployment(folder), { now })).exitCode
    },
    setRight: () => (wrong = 0),
    /** What an agent finds that remembers another start of the machine. */
    reboot: async () => {
      const known = JSON.parse(await readFile(String(state), 'utf8')) as object
      const machineStartedAt = new Date(0).toISOString()
      await writeFile(String(state), JSON.stringify({ ...known, machineStartedAt }))
    },
  }
}

describe.each<readonly [string, number, { readonly set: number; readonly started: number }]>([
  ['2 h ahead', 2 * hour, { set: 1, started: 2 }],
  ['2 h behind', -2 * hour, { set: 2, started: 1 }],
  ['10 years ahead', 10 * year, { set: 1, started: 2 }],
  ['30 years ahead', 30 * year, { set: 1, started: 2 }],
  ['56 years behind', -56 * year, { set: 2, started: 1 }],
])('by a clock that is %s', (_, wrong, { set, started }) => {
  it.each([
    ['agent ensure', ['agent', 'ensure']],
    ['agent --once', ['agent', '--once']],
  ])(
    '%s asks for one certificate, and for one more at the most when that changes',
    async (...[, command]) => {
      const { run, quick, status, asked, setRight, reboot } = await bench(wrong)
      for (let start = 0; start < 3; start += 1) expect(await run(...command)).toBe(0)
      expect([await quick(), await status(), asked()]).toEqual([0, 0, 1])
      await reboot()
      expect(await quick()).toBe(started === 1 ? 0 : undefined)
      for (let start = 0; start < 2; start += 1) expect(await run(...command)).toBe(0)
      expect([await quick(), await status(), asked()]).toEqual([0, 0, started])
      setRight()
      expect(await quick()).toBe(set === 1 ? 0 : undefined)
      for (let start = 0; start < 2; start += 1) expect(await run(...command)).toBe(0)
      expect([await quick(), await status(), asked()]).toEqual([0, 0, started + set - 1])
    },
  )
})
