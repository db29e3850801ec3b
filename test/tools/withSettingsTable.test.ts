import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { macOSSettings } from '../../lib/compliance/model/macOSSettings.ts'
import { windowsSettings } from '../../lib/compliance/model/windowsSettings.ts'
import { withSettingsTable } from '../../tools/withSettingsTable.ts'

const document = await readFile(new URL('../../docs/compliance-settings.md', import.meta.url), 'utf8')

const tableOf = (platform: string): string =>
  document.split(new RegExp(`^<!-- ${platform} settings: .*-->$`, 'm'))[1] ?? ''

describe('the tables of docs/compliance-settings.md', () => {
  it('are those of the code ("npm run docs" makes them so)', () => {
    expect(withSettingsTable(document)).toBe(document)
  })

  it.each([
    ['windows', windowsSettings],
    ['macOS', macOSSettings],
  ] as const)('have every setting of %s, as supported or as rejected', (platform, settings) => {
    const table = tableOf(platform)
    for (const name of Object.keys(settings)) expect(table).toContain(`\`${name}\``)
    expect(table).not.toContain('it is not rejected')
  })

  it('have something that satisfies, fails and leaves unknown each supported setting', () => {
    const rows = document.match(/^\| `\w+`[^|]*\|(?:[^|]+\|){5}$/gm) ?? []
    expect(rows).toHaveLength(29)
  })
})

describe('withSettingsTable()', () => {
  it('replaces what is between the marks, and nothing else', () => {
    const emptied = document.replaceAll(
      /(<!-- \w+ settings: made.*-->\n)[^]*?(?=<!-- \w+ settings: end -->)/g,
      '$1x\n',
    )

    expect(withSettingsTable(emptied)).toBe(document)
  })

  it('tells when a mark is missing', () => {
    for (const mark of document.match(/^<!-- .*-->$/gm) ?? [])
      expect(() => withSettingsTable(document.replace(mark, ''))).toThrow(/lacks the marks/)
  })
})
