import { describe, expect, it } from 'vitest'
import { anchorStore } from '../../../lib/authority/trusted/anchorStore.ts'
import type { Deployment } from '../../../lib/deployment/deployment.ts'
import { makeChecks } from '../../../cli/doctor/check.ts'
import { checkVaults } from '../../../cli/doctor/checkKeys.ts'
import { checkPrivileges } from '../../../cli/doctor/checkPrivileges.ts'
import { examine } from '../../../cli/doctor/examination.ts'
import { openDeploymentTables } from '../../../lib/deployment/openDeploymentTables.ts'

const azure: Deployment = {
  service: { url: 'https://contosovpn.azurewebsites.net' },
  tables: { endpoint: 'https://contosovpn.table.core.windows.net' },
  keys: { vault: { rootUrl: 'https://roots.vault.azure.net', issuerUrl: 'https://issuers.vault.azure.net' } },
}

const examinationOf = (deployment: Deployment) =>
  examine({
    file: 'deployment.json',
    deployment,
    tables: openDeploymentTables(deployment),
    openKeys: () => {
      throw new Error('Nobody asked for keys.')
    },
    trust: { store: anchorStore('/nowhere/anchors.json'), anchors: [] },
    now: () => new Date('2026-03-02T10:00:00Z'),
    uuid: () => crypto.randomUUID(),
    signs: false,
    notice: () => undefined,
  })

/** What can be told without asking anybody. */
const byHand = async (deployment: Deployment) => {
  const checks = checkPrivileges(examinationOf(deployment)).filter(({ id }) => !id.startsWith('anonymous-'))
  return makeChecks(checks, 10_000)
}

it.each([
  ['https://issuers.vault.azure.net', 'ok'],
  ['https://ROOTS.vault.azure.net:443/', 'problem'],
])('checkVaults() tells of issuers in %s: %s', async (issuerUrl, status) => {
  const keys = { vault: { rootUrl: 'https://roots.vault.azure.net', issuerUrl } }
  const found = await makeChecks(checkVaults(examinationOf({ ...azure, keys })), 10_000)
  expect(found).toMatchObject([{ id: 'vault-separation', status }])
})

describe('checkPrivileges()', () => {
  it('tells of a deployment in Azure what it cannot ask, and the command that shows it', async () => {
    const recordsEndpoint = 'https://contosorec.table.core.windows.net'
    const found = await byHand({ ...azure, tables: { ...azure.tables, recordsEndpoint } })
    expect(found.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'account-key ok',
      'role-assignments not checked',
      'network-access not checked',
      'vault-protection not checked',
    ])
    const remedies = found.map((one) => (one.status === 'ok' ? '' : one.remedy))
    expect(remedies[1]).toMatch(
      /^az role assignment list .*keys\/sign on the issuer vault and nothing on the root/,
    )
    expect(remedies[2]).toMatch(
      /^az storage account show -n contosovpn .*; az storage account show -n contosorec /,
    )
    expect(remedies[3]).toMatch(/^az keyvault show -n roots .*; az keyvault show -n issuers /)
  })

  it('asks who may read tables and vaults of Azure, each once', () => {
    const ids = ({ id, subject }: { id: string; subject?: string }) => `${id} ${subject}`
    const examination = { deployment: azure, now: () => new Date() } as Parameters<typeof checkPrivileges>[0]
    const asked = checkPrivileges(examination)
      .map(ids)
      .filter((id) => id.startsWith('anonymous-'))
    expect(asked).toEqual([
      'anonymous-tables contosovpn.table.core.windows.net',
      'anonymous-vault roots.vault.azure.net',
      'anonymous-vault issuers.vault.azure.net',
    ])
  })
})
