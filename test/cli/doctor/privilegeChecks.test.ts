import { expect, it } from 'vitest'
import { makeChecks } from '../../../client/check/check.ts'
import type { Examination } from '../../../cli/doctor/examination.ts'
import { privilegeChecks } from '../../../cli/doctor/privilegeChecks.ts'
import type { Deployment } from '../../../lib/deployment/deployment.ts'
import { expectFindings } from './expectFindings.ts'

const vault = { rootUrl: 'https://roots.vault.azure.net', issuerUrl: 'https://issuers.vault.azure.net' }

const endpoint = 'https://contosovpn.table.core.windows.net'

const azure: Deployment = {
  service: { url: 'https://contosovpn.azurewebsites.net' },
  tables: { endpoint },
  keys: { vault },
}

const checksFor = (changes: Partial<Deployment> = {}) =>
  privilegeChecks({ deployment: { ...azure, ...changes } as Deployment } as Examination)

const isAnonymous = ({ id }: { readonly id: string }) => id.startsWith('anonymous-')

/** Makes those checks that ask nobody. */
const byHand = (changes?: Partial<Deployment>) =>
  makeChecks(
    checksFor(changes).filter((check) => !isAnonymous(check)),
    { limitMilliseconds: 10_000 },
  )

it.each([
  ['https://issuers.vault.azure.net', 'ok'],
  ['https://ROOTS.vault.azure.net:443/', 'problem'],
])('tells of issuers in %s: %s', async (issuerUrl, status) => {
  const found = await byHand({ keys: { vault: { ...vault, issuerUrl } } })
  expectFindings(found, { [`vault-separation ${status}`]: {} }, { more: true })
})

it('tells of a deployment in Azure what it cannot ask, and the command that shows it', async () => {
  const recordsEndpoint = 'https://contosorec.table.core.windows.net'
  expectFindings(await byHand({ tables: { endpoint, recordsEndpoint } }), {
    'account-key ok': {},
    'role-assignments not checked': {
      remedy: /^az role assignment list .*keys\/sign on the issuer vault and nothing on the root/,
    },
    'network-access not checked': {
      remedy: /^az storage account show -n contosovpn .*; az storage account show -n contosorec /,
    },
    'vault-protection not checked': {
      remedy: /^az keyvault show -n roots .*; az keyvault show -n issuers /,
    },
  })
})

it('asks who may read tables and vaults of Azure, each once', () => {
  const asked = checksFor().filter(isAnonymous)
  expect(asked.map(({ id, subject }) => `${id} ${subject}`)).toEqual([
    'anonymous-tables contosovpn.table.core.windows.net',
    'anonymous-vault roots.vault.azure.net',
    'anonymous-vault issuers.vault.azure.net',
  ])
})
