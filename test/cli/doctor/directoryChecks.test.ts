import { describe, expect, it } from 'vitest'
import { makeChecks } from '../../../client/check/check.ts'
import { directoryChecks } from '../../../cli/doctor/directoryChecks.ts'
import type { TenantExamination } from '../../../cli/doctor/examination.ts'
import type { ReadGraph } from '../../../cli/doctor/graphReader.ts'
import { expectFindings } from './expectFindings.ts'

const directoryId = '7f5fc9a4-4dc6-4bfa-8fa5-b3a1f1d1c8a2'
const app = '11111111-2222-4333-8444-555555555555'
const devices = { appRoleId: '7438b122-aefc-4978-80ed-43db9fcc7715' }
const intune = { appRoleId: '2f51be20-0bb4-4fed-bf7b-db946066c75e' }
const mail = { appRoleId: '810c84a8-4a9e-49e6-bf7d-12d183f40d01' }

const inAzure = {
  directoryId,
  appPrincipalId: app,
  tables: { endpoint: 'https://contosovpn.table.core.windows.net' },
}

type Answer = Awaited<ReturnType<ReadGraph>>

/** Examines a tenant with this source, where Graph answers so. */
const find = async (
  source: object | undefined,
  answer: Answer | undefined,
  { deployment = inAzure }: { readonly deployment?: object } = {},
) => {
  const asked: string[] = []
  const readGraph: ReadGraph = async (origin, path) => {
    asked.push(`${origin}/${path}`)
    if (answer) return answer
    throw new Error('canary')
  }
  const revision = async () => ({ configuration: { evidence: source && { directory: source } } })
  const examination = { deployment, readGraph }
  const checks = directoryChecks({ examination, revision } as unknown as TenantExamination)
  return { asked, found: await makeChecks(checks, { limitMilliseconds: 10_000 }) }
}

const granted = (...value: readonly object[]): Answer => ({ status: 200, body: { value } })
const source = { directoryId, intune: false }

describe('directoryChecks()', () => {
  it('finds nothing of a tenant that has no directory asked, and asks nobody', async () => {
    const { asked, found } = await find(undefined, granted())
    expect([asked, found]).toEqual([[], []])
  })

  it('asks for the permissions of the app, in the cloud in which it is', async () => {
    const { asked } = await find(source, granted(devices))
    const government = { endpoint: 'https://contosovpn.table.core.usgovcloudapi.net' }
    const there = await find(source, granted(devices), { deployment: { ...inAzure, tables: government } })
    expect([...asked, ...there.asked]).toEqual([
      `https://graph.microsoft.com/servicePrincipals/${app}/appRoleAssignments?$select=appRoleId`,
      `https://graph.microsoft.us/servicePrincipals/${app}/appRoleAssignments?$select=appRoleId`,
    ])
  })

  it.each<[string, object, Answer | undefined, string, RegExp]>([
    ['what is needed', source, granted(devices), 'ok', /may read devices$/],
    ['what is needed, Intune', { ...source, intune: true }, granted(intune, devices), 'ok', /Intune knows/],
    ['nothing', source, granted(), 'problem', /lacks Device\.Read\.All:/],
    [
      'nothing of Intune',
      { ...source, intune: true },
      granted(devices),
      'problem',
      /lacks DeviceManagementManagedDevices\.Read\.All:/,
    ],
    ['more', source, granted(devices, mail), 'warning', /has 1 permissions/],
    ['what nobody may see', source, { status: 403, body: {} }, 'not checked', /Graph answers 403/],
    ['no list', source, { status: 200, body: {} }, 'not checked', /Graph answers 200/],
    ['what nobody tells', source, undefined, 'not checked', /Graph does not answer/],
  ])('tells of an app that has %s', async (_what, wanted, answer, status, detail) => {
    const { found } = await find(wanted, answer)
    expectFindings(found, { [`directory-permissions ${status}`]: detail })
  })

  it.each([
    [{ ...inAzure, appPrincipalId: undefined }, 'not checked', /no appPrincipalId/],
    [{ ...inAzure, tables: { connectionString: '' } }, 'ok', /a stand-in$/],
    [{ ...inAzure, directoryId: app }, 'problem', /not the directory of this deployment/],
    [{ ...inAzure, directoryId: undefined }, 'problem', /not the directory of this deployment/],
  ])('tells of a deployment that is %j', async (deployment, status, detail) => {
    const { found, asked } = await find(source, granted(devices), { deployment })
    expectFindings(found, { [`directory-permissions ${status}`]: detail })
    expect(asked).toEqual([])
  })
})
