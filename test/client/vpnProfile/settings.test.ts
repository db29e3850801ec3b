import { readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { platforms, settings } from '../../../client/vpnProfile/settings.ts'
import { settingChanges } from './settingChanges.ts'

it('settings names what vpn.toml has, each of which some test changes', () => {
  const changed = settingChanges.map(([name]) => name)
  for (const name of Object.keys(settings)) expect(changed).toContain(name)
})

const page = new URL('../../../docs/profiles.md', import.meta.url)
const [start, end] = ['<!-- settings: made by the tests -->\n', '<!-- settings: end -->']

it('docs/profiles.md tells what each platform lacks', async () => {
  const rows = Object.entries(settings).map(
    ([name, { lacking }]) => `| \`${name}\` | ${platforms.map((one) => lacking[one] ?? '').join(' | ')} |`,
  )
  const heading = [`| | ${platforms.join(' | ')} |`, `|---|${'---|'.repeat(platforms.length)}`]
  const text = await readFile(page, 'utf8')
  const [before = '', rest = ''] = text.split(start)
  const told = `${before}${start}${[...heading, ...rows, ''].join('\n')}${end}${rest.split(end)[1] ?? ''}`
  if (process.env['MAYFLY_UPDATE_DOCS'] === '1') await writeFile(page, told)
  expect(await readFile(page, 'utf8')).toBe(told)
})
