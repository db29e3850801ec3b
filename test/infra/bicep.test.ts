import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { leastTimerRetentionDays, parseRetentionDays } from '../../lib/ledger/retention.ts'
import { checkBicep } from '../../tools/bicep/checkBicep.ts'
import { resourceTypes } from '../../tools/bicep/resourceTypes.ts'
import { loadSchemas } from '../../tools/bicep/schema.ts'
import type { Decorator } from '../../tools/bicep/syntax.ts'
import { infra, written } from './infra.ts'

const folder = fileURLToPath(new URL('../../infra', import.meta.url))
const schemas = await loadSchemas()
const statements = [...infra].flatMap(([file, parsed]) => parsed.statements.map((one) => ({ ...one, file })))

const isDescribed = (decorators: readonly Decorator[]): boolean =>
  decorators.some(({ name, inputs }) => name === 'description' && written(inputs[0]).length > 10)

describe('infra/', () => {
  it('has no fault that the check knows, and every file is used', async () => {
    const files = ['main.bicep', 'main.bicepparam', ...infra.keys()].map((file) => join(folder, file))
    expect(await checkBicep(files, schemas)).toEqual([])
    const named = statements.flatMap((one) => (one.kind === 'module' ? [one.of] : []))
    const used = named.map((path) => (path.startsWith('modules/') ? path : `modules/${path}`))
    expect(new Set(['main.bicep', ...used])).toEqual(new Set(infra.keys()))
  })

  it('describes every parameter, type and output', () => {
    const declared = statements.filter(
      (one) => one.kind === 'param' || one.kind === 'type' || one.kind === 'output',
    )
    const silent = declared.filter(({ decorators }) => !isDescribed(decorators))
    expect(declared.length).toBeGreaterThan(80)
    expect(silent.map(({ file, name }) => `${file} ${name}`)).toEqual([])
  })

  it('uses each resource type in one version, and every type that is listed', () => {
    const used = statements.flatMap((one) => (one.kind === 'resource' ? [one.of] : []))
    const listed = Object.entries(resourceTypes).map(([type, version]) => `${type}@${version}`)
    expect([...new Set(used)].toSorted()).toEqual(listed.toSorted())
    expect(Object.keys(schemas).toSorted()).toEqual(Object.keys(resourceTypes).toSorted())
  })

  it('gives out no secret, and asks for none', () => {
    const outputs = statements.filter((one) => one.kind === 'output')
    const params = statements.filter((one) => one.kind === 'param')
    const secrets = /key1|listKeys|list[A-Z]\w*\(|password|secret|accountKey|sas\b|InstrumentationKey/i
    expect(outputs.length).toBeGreaterThan(20)
    for (const { file, name, value } of outputs)
      expect(`${file} ${name} ${written(value)}`).not.toMatch(secrets)
    expect(params.filter(({ name }) => secrets.test(name)).map(({ name }) => name)).toEqual([])
  })

  it('names modules nowhere, and no provider key, so that deployments do not collide', () => {
    for (const one of statements)
      if (one.kind === 'module') expect(written(one.value)).not.toMatch(/^\{name:/)
  })

  it('keeps records as long as housekeeping can be told to', () => {
    const param = statements.find((one) => one.kind === 'param' && one.name === 'retentionDays')
    const bound = (name: string): number =>
      Number(
        param?.kind === 'param'
          ? written(param.decorators.find((decorator) => decorator.name === name)?.inputs[0])
          : Number.NaN,
      )
    const [least, most] = [bound('minValue'), bound('maxValue')]
    expect(
      [least - 1, least, most, most + 1].map((days) =>
        parseRetentionDays(String(days), leastTimerRetentionDays),
      ),
    ).toEqual([undefined, least, most, undefined])
  })
})
