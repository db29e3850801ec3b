import { expect, it } from 'vitest'
import { makeChecks } from '../../../client/check/check.ts'
import type { Examination } from '../../../cli/doctor/examination.ts'
import { tableChecks } from '../../../cli/doctor/tableChecks.ts'

it('does not say that no day is missing where there is no day at all', async () => {
  const tableNames = () => Promise.resolve(['tenants', 'authorities', 'relyingParties'])
  const examination: Partial<Examination> = { tableNames, now: () => new Date() }
  const checks = tableChecks(examination as Examination)
  const found = await makeChecks(checks, { limitMilliseconds: 10_000 })
  const statuses = Object.fromEntries(found.map(({ id, status }) => [id, status]))
  expect(statuses).toMatchObject({ 'tables-ahead': 'problem', 'tables-gaps': 'not checked' })
})
