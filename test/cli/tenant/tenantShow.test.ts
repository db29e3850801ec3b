import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseConfiguration } from '../../../lib/tenant/configuration.ts'
import { testTables } from '../../azurite.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'

beforeAll(() => testTables())

describe('mayfly tenant show', () => {
  it('shows the configuration in force, defaults filled in, which can be applied again', async () => {
    const folder = await temporaryFolder()
    const deployment = testDeployment(folder)
    const document = testDocument()
    const file = join(folder, 'tenant.json')
    await writeFile(file, JSON.stringify(document))
    await runCommand(['tenant', 'apply', '-f', file], deployment)
    const { text, json } = await runCommand(['tenant', 'show', '--tenant', document.tenant], deployment)
    const configuration = parseConfiguration(document)
    expect(json).toStrictEqual({
      tenant: document.tenant,
      revision: 1,
      action: 'apply',
      appliedAt: '2026-03-02T10:00:00.000Z',
      appliedBy: 'local:tester@bench',
      actor: { kind: 'local', name: 'tester@bench' },
      reason: '',
      forced: [],
      configuration,
      policies: [],
      locations: [],
      neverSatisfied: [],
      compliancePolicies: [],
    })
    const [fields = '', shown = ''] = text.split('\n\n')
    expect(fields.split('\n')).toEqual([
      `tenant    ${document.tenant}`,
      'revision  1',
      'applied   2026-03-02T10:00:00Z (in 0 seconds) by local:tester@bench',
      'policies  0, named locations 0, compliance policies 0',
    ])
    expect(JSON.parse(shown)).toEqual(configuration)
    for (const again of [shown, JSON.stringify(json)]) {
      await writeFile(file, again)
      const applied = await runCommand(['tenant', 'apply', '-f', file], deployment)
      expect(applied.json).toMatchObject({ revision: 1, changed: false })
    }
  })

  it('tells that there is no such tenant', async () => {
    const { tenant } = testDocument()
    const showing = runCommand(['tenant', 'show', '--tenant', tenant], testDeployment('.'))
    await expect(showing).toRefuse('tenant-unknown', new RegExp(`there is no tenant ${tenant}`))
  })

  it('tells that --tenant is missing before it looks for the deployment', async () => {
    const deployment = () => Promise.reject(new Error('Nobody asked for it.'))
    await expect(runCommand(['tenant', 'show'], deployment)).toRefuse('usage-wrong', /--tenant is missing/)
    await expect(runCommand(['tenant', 'show', '--tenant='], deployment)).toRefuse('usage-wrong')
  })
})
