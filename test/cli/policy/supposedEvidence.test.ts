import { expect, it } from 'vitest'
import { supposedEvidence } from '../../../cli/policy/supposedEvidence.ts'
import { parseConfiguration } from '../../../lib/tenant/configuration.ts'
import { testDocument } from '../testDocument.ts'

it('supposedEvidence() has the directory say the same of all that it proves, and nothing else', () => {
  const proves = ['compliantDevice', 'domainJoinedDevice']
  const directoryId = '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11'
  const evidence = { directory: { kind: 'entra', directoryId, proves } }
  const facts = { directory: { platform: null } }
  const supposed = supposedEvidence(
    parseConfiguration(testDocument({ evidence })),
    { facts, posture: undefined, directory: 'no' },
    7,
  )
  expect(supposed?.directory).toEqual({
    attributes: undefined,
    proofs: { compliantDevice: 'no', domainJoinedDevice: 'no' },
  })
  expect(supposed?.facts).toContainEqual({ fact: 'platform', source: 'directory', value: null, at: 7 })
  expect(supposed?.facts).toContainEqual({ fact: 'osVersion', source: 'directory', value: undefined, at: 7 })
})
