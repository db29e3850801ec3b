import { join } from 'node:path'
import { expect, it } from 'vitest'
import { anchorStore } from '../../lib/authority/trusted/anchorStore.ts'
import { readAuthority } from '../../lib/authority/authority.ts'
import { localKeys } from '../../lib/keys/localKeys.ts'
import {
  type Configuration,
  configurationSchema,
  parseConfiguration,
} from '../../lib/tenant/configuration.ts'
import { applyRevision } from '../../lib/tenant/applyRevision.ts'
import { currentRevision } from '../../lib/tenant/revision.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import {
  demoConfiguration,
  demoTenantId,
  woodgroveConfiguration,
  woodgroveTenantId,
} from '../../local/demoTenants.ts'
import { makeDemoTenant } from '../../local/makeDemoTenant.ts'
import { testTables } from '../azurite.ts'
import { applicationOf, ceremonyOf, contentOf } from '../world.ts'
import { temporaryFolder } from './temporaryFolder.ts'

const directoryId = '44444444-0000-4000-8000-000000000001'
const woodgrove = parseTenantId(woodgroveTenantId)
const contoso = parseTenantId(demoTenantId)
const [firstUrl, secondUrl] = ['http://127.0.0.1:7072', 'http://127.0.0.1:8072'] as const

/** The demo's configuration as an administrator may have changed it. */
const changedByAdministrator = (): Configuration => {
  const { tokenIssuers, ...rest } = demoConfiguration(firstUrl)
  const own = {
    kind: 'generic',
    issuer: 'https://posture.contoso.example',
    audience: 'https://vpn.contoso.example',
    clients: ['posture-agent'],
    complianceProofs: [{ kind: 'claim', claim: 'ok', equals: true }],
  }
  return parseConfiguration({
    ...rest,
    displayName: 'Contoso Ltd',
    tokenIssuers: [own, ...tokenIssuers.map((issuer) => ({ ...issuer, maxTokenAgeSeconds: 600 }))],
    certificate: { ...rest.certificate, lifetimeSeconds: 1800 },
  })
}

it('makeDemoTenant() makes the tenant once; then it keeps its changes and follows the demo issuer alone', async () => {
  const now = new Date()
  const tables = await testTables(now)
  const folder = await temporaryFolder()
  const keys = localKeys(join(folder, 'keys'))
  const trust = { store: anchorStore(join(folder, 'anchors.json')), anchors: [] }
  const makeDemo = (issuerUrl: string) => makeDemoTenant(ceremony, { issuerUrl, directoryId, trust })
  const ceremony = ceremonyOf(tables, keys, now)

  expect(await makeDemo(firstUrl)).toBe(true)
  expect(await currentRevision(tables, contoso)).toMatchObject({
    number: 1,
    appliedBy: { kind: 'local', name: 'tester' },
    configuration: demoConfiguration(firstUrl),
  })
  const authority = await readAuthority(tables, contoso)
  expect(authority?.generations.map(({ kind, state }) => [kind, state])).toEqual([
    ['issuer', 'active'],
    ['root', 'active'],
    ['root', 'staged'],
  ])

  // The second tenant has the demo's sources of evidence, and the compliance policies that a reader finds beside the pages.
  const second = await currentRevision(tables, woodgrove)
  expect(second?.configuration).toEqual(woodgroveConfiguration({ issuerUrl: firstUrl, directoryId }))
  expect(second?.compliancePolicies.map(({ displayName }) => displayName)).toEqual([
    'Windows: baseline',
    'macOS: baseline',
  ])
  expect(JSON.stringify(second?.policySet.compliancePolicies)).not.toMatch(/null/)
  expect((await readAuthority(tables, woodgrove))?.generations).toHaveLength(3)

  // A start at the same port changes nothing.
  expect(await makeDemo(firstUrl)).toBe(false)
  expect((await currentRevision(tables, contoso))?.number).toBe(1)

  // An administrator changes the tenant; a start at another port changes the URL of the demo's issuer and no more.
  const changed = changedByAdministrator()
  await applyRevision(tables, contentOf(changed), applicationOf(now))
  expect(await makeDemo(secondUrl)).toBe(false)
  const [own, demo] = changed.tokenIssuers
  const followed = (await currentRevision(tables, contoso))?.configuration
  expect(followed).toEqual({ ...changed, tokenIssuers: [own, { ...demo, issuer: secondUrl }] })
  expect(configurationSchema.parse(followed)).toEqual(followed)
  expect((await currentRevision(tables, woodgrove))?.configuration).toEqual(
    woodgroveConfiguration({ issuerUrl: secondUrl, directoryId }),
  )

  // Without the demo's issuer there is nothing to follow.
  const without = parseConfiguration({ ...changed, tokenIssuers: [own] })
  await applyRevision(tables, contentOf(without), applicationOf(now))
  await makeDemo(firstUrl)
  expect((await currentRevision(tables, contoso))?.configuration).toEqual(without)
  const kept = await readAuthority(tables, contoso)
  expect(kept?.generations.map(({ digest }) => digest)).toEqual(
    authority?.generations.map(({ digest }) => digest),
  )

  // A folder without anchors, as earlier versions wrote it, has those of its own keys; rows of other keys it refuses.
  const forgetful = { store: anchorStore(join(folder, 'none.json')), anchors: [] }
  const strange = { ...ceremony, rootKeys: localKeys(await temporaryFolder()) }
  await expect(
    makeDemoTenant(strange, { issuerUrl: firstUrl, directoryId, trust: forgetful }),
  ).rejects.toMatchObject({
    code: 'anchors-refused',
  })
  expect(await makeDemoTenant(ceremony, { issuerUrl: firstUrl, directoryId, trust: forgetful })).toBe(false)
  expect(await forgetful.store.read(contoso)).toEqual(await trust.store.read(contoso))
})
