import { expect, it } from 'vitest'
import { describeChange, describeEntry, subjectText } from '../../../cli/deny/describeEntry.ts'
import { testTime as now } from '../../world.ts'

/** Erases the line above, turns the text around, and begins a line of its own. */
const hostile = 'lost\u001b[1A\u001b[2K\u202e\u009b31m\nALL IS WELL'

const entry = {
  kind: 'user',
  value: `ada${hostile}`,
  reason: hostile,
  by: { kind: 'local', name: hostile },
  until: undefined,
  at: now,
  number: 1,
  users: [{ upn: `bob${hostile}`, objectId: hostile }],
} as const

it('what somebody else wrote to the deny list cannot pass for lines of ours', () => {
  const change = { ...entry, action: 'deny', changeId: '' } as const
  for (const text of [subjectText(entry), describeEntry(entry, now), describeChange(change, now)]) {
    expect(text).toContain(String.raw`\u{1b}[1A`)
    expect(text).not.toMatch(/[^\n\x20-\x7e]/)
    expect(text).not.toMatch(/^\s*ALL IS WELL/m)
  }
})
