import { expect, it } from 'vitest'
import { reportText } from '../../../lib/policy/reportText.ts'
import type { FactReport } from '../../../lib/policy/signals/factKinds.ts'

const now = 1_000_000

it.each<readonly [Omit<FactReport, 'at'>, seconds: number | undefined, text: string]>([
  [
    { fact: 'secureBoot', source: 'posture', value: false },
    59,
    'secureBoot: no, by the posture token 59 s ago',
  ],
  [
    { fact: 'secureBoot', source: 'attestation', value: true },
    119,
    'secureBoot: yes, by the attestation 119 s ago',
  ],
  [
    { fact: 'osVersion', source: 'token', value: '10.0.1' },
    720,
    'osVersion: 10.0.1, by the compliance token 12 min ago',
  ],
  [{ fact: 'updateAgeDays', source: 'intune', value: 3 }, 7_200, 'updateAgeDays: 3, by Intune 2 h ago'],
  [
    { fact: 'platform', source: 'directory', value: null },
    400_000,
    'platform: none, by the directory 4 d ago',
  ],
  [
    { fact: 'platform', source: 'directory', value: 'macOS' },
    -5,
    'platform: macOS, by the directory 0 s ago',
  ],
  [{ fact: 'platform', source: 'directory', value: 'macOS' }, undefined, 'platform: macOS, by the directory'],
  [
    { fact: 'tpmPresent', source: 'posture', value: undefined },
    5,
    'tpmPresent: unknown, by the posture token',
  ],
])('reportText() of %j, told %d s ago, is %j', (report, seconds, text) => {
  const at = seconds === undefined ? undefined : now - seconds
  expect(reportText({ ...report, at }, now)).toBe(text)
})
