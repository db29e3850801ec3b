import { describe, expect, it } from 'vitest'
import { makeChecks } from '../../../client/check/check.ts'
import type { TenantExamination } from '../../../cli/doctor/examination.ts'
import { graphReader, type ReadGraph } from '../../../cli/doctor/graphReader.ts'
import { registrationChecks } from '../../../cli/doctor/registrationChecks.ts'
import { entraClient } from '../../tokens.ts'
import { entraTrust, type Members, tenantDocument, tenantOf } from '../../tenants.ts'
import { expectFindings } from './expectFindings.ts'

const audience = '11111111-2222-4333-8444-555555555555'
const directory = '7c0a4e6e-35c6-4d0a-8c39-0c8a3f2b9d11'

/** A registration as Graph v1.0 tells it, right for the tenant below. */
const right = {
  api: {
    requestedAccessTokenVersion: 2 as number | null,
    oauth2PermissionScopes: [{ id: '1', value: entraClient.scp, isEnabled: true }],
    preAuthorizedApplications: [{ appId: entraClient.azp, delegatedPermissionIds: ['1'] }],
  },
  optionalClaims: {
    idToken: [],
    accessToken: ['upn', 'onprem_sid', 'acrs', 'xms_cc'].map((name) => ({ name, essential: false })),
  } as object | null,
}

const sid = { certificate: { sid: { mode: 'required', domains: ['S-1-5-21-1-2-3'] } } }

type GraphAnswer = Awaited<ReturnType<ReadGraph>>
type Graph = GraphAnswer | (() => never) | undefined

const find = async (
  answer: Graph,
  { trust = {}, changes = {} }: { trust?: Members; changes?: Members } = {},
) => {
  const asked: string[] = []
  const readGraph: ReadGraph = (origin, path) => {
    asked.push(`${origin}/${path}`)
    return typeof answer === 'function' ? answer() : Promise.resolve(answer as GraphAnswer)
  }
  const tenant = tenantOf(tenantDocument('contoso', [entraTrust(directory, { audience }, trust)], changes))
  const examination = answer ? { readGraph } : {}
  const revision = () => Promise.resolve(tenant)
  const checks = registrationChecks({ examination, revision } as unknown as TenantExamination)
  return { asked, found: await makeChecks(checks, { limitMilliseconds: 10_000 }) }
}

describe('registrationChecks()', () => {
  it('reads the registration of the audience, and is content with a right one', async () => {
    const { found, asked } = await find({ status: 200, body: right }, { changes: sid })
    const subject = `https://login.microsoftonline.com/${directory}/v2.0`
    expectFindings(found, { 'entra-registration ok': { subject } })
    expect(asked).toEqual([
      `https://graph.microsoft.com/applications(appId='${audience}')?$select=api,optionalClaims`,
    ])
  })

  const disabled = [{ value: entraClient.scp, isEnabled: false }]

  it.each([
    [
      'v1 tokens, the default',
      { ...right, api: { ...right.api, requestedAccessTokenVersion: null } },
      /v1 tokens: set requestedAccessTokenVersion to 2/,
    ],
    [
      'no optional claims',
      { ...right, optionalClaims: null },
      /lack the optional claims upn, onprem_sid, acrs, xms_cc$/,
    ],
    [
      'a disabled scope',
      { ...right, api: { ...right.api, oauth2PermissionScopes: disabled } },
      /exposes no enabled scope/,
    ],
    ['nothing at all', {}, /v1 tokens.*; it exposes no enabled scope .*; its access tokens lack/],
  ])('finds %s', async (_, body, why) => {
    const { found } = await find({ status: 200, body }, { changes: sid })
    expectFindings(found, { 'entra-registration problem': why })
  })

  it('asks for no claim that the tenant has no use for', async () => {
    const trust = { complianceProofs: [{ kind: 'claim', claim: 'compliant', equals: true }] }
    const body = { ...right, optionalClaims: { accessToken: [{ name: 'upn' }] } }
    expectFindings((await find({ status: 200, body }, { trust })).found, { 'entra-registration ok': {} })
  })

  it('warns of clients that ask users for consent', async () => {
    const body = { ...right, api: { ...right.api, preAuthorizedApplications: null } }
    const { found } = await find({ status: 200, body })
    expectFindings(found, { 'entra-registration warning': new RegExp(entraClient.azp) })
  })

  const away = () => {
    throw new Error('canary')
  }

  it.each<[string, Graph, Members, RegExp]>([
    ['outside Azure', undefined, {}, /not in Azure/],
    ['in another directory', { status: 404, body: {} }, {}, /not in the directory that is signed in to/],
    ['without the right to', { status: 403, body: {} }, {}, /Graph answers 403/],
    ['while Graph is away', away, {}, /Graph does not answer/],
    [
      'in a cloud that is not known',
      { status: 200, body: right },
      { signInOrigin: 'https://login.example' },
      /no Graph is known/,
    ],
  ])('says that it cannot look %s', async (_, answer, trust, why) => {
    expectFindings((await find(answer, { trust })).found, { 'entra-registration not checked': why })
  })
})

describe('graphReader()', () => {
  it('sends the token of whoever is signed in to Graph alone, and follows nobody elsewhere', async () => {
    const sent: [string, RequestInit | undefined][] = []
    const scopes: unknown[] = []
    const credential = {
      getToken: (scope: unknown) => {
        scopes.push(scope)
        return Promise.resolve({ token: 'canary', expiresOnTimestamp: 0 })
      },
    }
    const send = (url: string | URL | Request, init?: RequestInit) => {
      sent.push([url as string, init])
      return Promise.resolve(new Response('not JSON', { status: 502 }))
    }
    const answer = await graphReader(credential, send)('https://graph.microsoft.us', 'applications')
    expect(answer).toMatchObject({ status: 502, body: undefined })
    expect(scopes).toEqual(['https://graph.microsoft.us/.default'])
    expect(sent).toMatchObject([
      [
        'https://graph.microsoft.us/v1.0/applications',
        { redirect: 'error', headers: { authorization: 'Bearer canary' } },
      ],
    ])
  })
})
