import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { leastTimerRetentionDays, parseRetentionDays } from '../../lib/ledger/days/retention.ts'
import { infraFile, snapshots } from './infra.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const files = readdirSync(new URL('../../infra', import.meta.url), { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.(bicep|bicepparam|json)$/.test(file))
const modules = files.filter((file) => file.startsWith('modules/'))
const sources = ['main.bicep', ...modules].map((file) => ({ file, text: infraFile(file) }))

describe('infra/', () => {
  it('is what its snapshots were made of (npm run check:infra -- --write makes them anew)', () => {
    const sums = infraFile('snapshots/SHA256SUMS').trim().split('\n').toSorted()
    const found = files.map(
      (file) => `${createHash('sha256').update(infraFile(file)).digest('hex')}  infra/${file}`,
    )
    expect(sums).toEqual(found.toSorted())
    expect(files.filter((file) => file.endsWith('.snapshot.json'))).toHaveLength(3)
  })

  it('uses every module', () => {
    const named = sources.flatMap(({ text }) => [
      ...text.matchAll(/^(?:module \w+|import .* from) '(?:modules\/)?([\w.]+)'/gm),
    ])
    expect(new Set(named.map(([, file]) => `modules/${file}`))).toEqual(new Set(modules))
  })

  it('describes every parameter, type and output', () => {
    const declarations = sources.flatMap(({ file, text }) =>
      text
        .split(/\n\n+/)
        .filter((block) => /^(param|output|type) /m.test(block))
        .map((block) => ({ file, block })),
    )
    expect(declarations.length).toBeGreaterThan(80)
    expect(declarations.filter(({ block }) => !/^@description\('.{11,}'\)$/m.test(block))).toEqual([])
  })

  it('uses each resource type in one version', () => {
    const used = Object.values(snapshots).flatMap(({ predictedResources }) => predictedResources)
    const versions = Map.groupBy(used, ({ type }) => type)
    expect(versions.size).toBeGreaterThan(25)
    for (const [type, found] of versions)
      expect(new Set(found.map(({ apiVersion }) => apiVersion)).size, type).toBe(1)
  })

  it('gives out no secret, and asks for none', () => {
    const text = sources.map((one) => one.text).join('\n')
    expect(/listKeys|listSecrets|\blist[A-Z]\w*\(|password:|@secure|InstrumentationKey/.exec(text)?.[0]).toBe(
      undefined,
    )
    const outputs = Object.values(snapshots).flatMap(({ outputs: all }) => Object.entries(all))
    expect(outputs.length).toBeGreaterThan(20)
    const secrets = /key1|password|secret|accountKey|sas\b|InstrumentationKey/i
    expect(outputs.filter((output) => secrets.test(JSON.stringify(output)))).toEqual([])
  })

  it('keeps records as long as housekeeping can be told to', () => {
    const bounds = /@minValue\((\d+)\)\n@maxValue\((\d+)\)\nparam retentionDays int/.exec(
      infraFile('main.bicep'),
    )
    const [least = 0, most = 0] = bounds?.slice(1).map(Number) ?? []
    expect(
      [least - 1, least, most, most + 1].map((days) =>
        parseRetentionDays(String(days), leastTimerRetentionDays),
      ),
    ).toEqual([undefined, least, most, undefined])
  })

  it('is not checked where there is no compiler, and npm run check:infra says so', () => {
    const told = execFileSync(process.execPath, ['tools/checkInfra.ts'], {
      cwd: root,
      env: { PATH: '' },
      encoding: 'utf8',
    })
    expect(told).toBe('check:infra is skipped: there is no bicep on the path (az bicep install).\n')
  })
})
