import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { leastTimerRetentionDays, parseRetentionDays } from '../../lib/ledger/days/retention.ts'
import { bicep, compile, type Template } from './infra.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A template and the modules in it, by their paths. */
const templatesOf = (template: Template, path = 'main'): readonly (readonly [string, Template])[] => [
  [path, template],
  ...Object.entries(template.resources).flatMap(([symbol, { properties }]) =>
    properties?.template ? templatesOf(properties.template, `${path}/${symbol}`) : [],
  ),
]

describe.skipIf(bicep === undefined)('infra/, by Microsoft’s compiler', () => {
  let compiled: ReturnType<typeof compile>
  let templates: readonly (readonly [string, Template])[]

  beforeAll(() => {
    compiled = compile()
    templates = templatesOf(compiled.template)
  }, 120_000)

  const declared = (kind: 'parameters' | 'outputs' | 'definitions') =>
    templates.flatMap(([path, template]) =>
      Object.entries(template[kind] ?? {}).map(([name, one]) => ({ name: `${path} ${name}`, ...one })),
    )

  it('compiles without an error and without a warning, and every file is used', async () => {
    expect(compiled.diagnostics).toEqual([])
    const files = await readdir(new URL('../../infra/modules', import.meta.url))
    const used = await Promise.all(
      ['main.bicep', ...files.map((file) => `modules/${file}`)].map((file) =>
        readFile(new URL(`../../infra/${file}`, import.meta.url), 'utf8'),
      ),
    )
    const named = used.join('\n').matchAll(/^(?:module \w+|import .* from) '(?:modules\/)?([\w.]+)'/gm)
    expect(new Set([...named].map(([, file]) => file))).toEqual(new Set(files))
  })

  it('describes every parameter, type and output', () => {
    const all = [...declared('parameters'), ...declared('outputs')]
    expect(all.length).toBeGreaterThan(80)
    expect(all.filter(({ metadata }) => (metadata?.description ?? '').length <= 10)).toEqual([])
  })

  it('uses each resource type in one version', () => {
    const text = JSON.stringify(compiled.template)
    const used = [...text.matchAll(/"type":"(Microsoft\.[\w./]+)","apiVersion":"([\w-]+)"/g)]
    const versions = Map.groupBy(used, ([, type]) => type)
    expect(versions.size).toBeGreaterThan(20)
    for (const [type, found] of versions)
      expect(new Set(found.map(([, , version]) => version)).size, type).toBe(1)
  })

  it('gives out no secret, and asks for none', () => {
    const secrets = /key1|listKeys|list[A-Z]\w*\(|password|secret|accountKey|sas\b|InstrumentationKey/i
    const outputs = declared('outputs')
    expect(outputs.length).toBeGreaterThan(20)
    expect(outputs.filter((one) => secrets.test(`${one.name} ${JSON.stringify(one.value)}`))).toEqual([])
    expect(declared('parameters').filter(({ name }) => secrets.test(name))).toEqual([])
  })

  it('keeps records as long as housekeeping can be told to', () => {
    const { minValue = 0, maxValue = 0 } = compiled.template.parameters['retentionDays'] ?? {}
    expect(
      [minValue - 1, minValue, maxValue, maxValue + 1].map((days) =>
        parseRetentionDays(String(days), leastTimerRetentionDays),
      ),
    ).toEqual([undefined, minValue, maxValue, undefined])
  })

  it('is formatted as the compiler formats', async () => {
    const folder = new URL('../../infra/', import.meta.url)
    const files = (await readdir(folder, { recursive: true })).filter((file) => /\.bicep(param)?$/.test(file))
    expect(files.length).toBeGreaterThan(10)
    for (const file of files) {
      const path = fileURLToPath(new URL(file, folder))
      const formatted = execFileSync(bicep ?? '', ['format', path, '--stdout'], { encoding: 'utf8' })
      expect(formatted, file).toBe(await readFile(path, 'utf8'))
    }
  }, 240_000)

  it('is what npm run check:infra checks', () => {
    const told = execFileSync(process.execPath, ['tools/checkInfra.ts'], { cwd: root, encoding: 'utf8' })
    expect(told).toBe('infra/ compiles, without a warning.\n')
  }, 120_000)
})

it('npm run check:infra says what is missing where there is no compiler', () => {
  const env = { PATH: '', HOME: '/nowhere', USERPROFILE: '/nowhere' }
  const check = () =>
    execFileSync(process.execPath, ['tools/checkInfra.ts'], {
      cwd: root,
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    })
  expect(check).toThrow(/there is no Bicep compiler\. Get it by: az bicep install/)
})
