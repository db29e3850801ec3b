import { expect } from 'vitest'
import type { Outcome } from '../../../cli/commandLine/command.ts'
import type { Finding } from '../../../client/check/finding.ts'
import { tooWide } from '../withAuthority.ts'

/** Reads the findings of a run of `mayfly doctor`: every remedy says something, and every line fits. */
export const findingsOf = ({ json, text }: Outcome): readonly Finding[] => {
  const { findings } = json as { readonly findings: readonly Finding[] }
  for (const { status, remedy } of findings)
    if (status === 'ok') expect(remedy).toBeNull()
    else expect(remedy).toMatch(/^\S.{5}/)
  expect(tooWide(text)).toEqual([])
  return findings
}

/** The detail of a finding, or more of it. */
type Expected = string | RegExp | { readonly [Name in keyof Finding]?: string | RegExp }

/** Findings by `id status`; where there are several they are all there, in their order. */
export type ExpectedFindings = Readonly<Record<string, Expected | readonly Expected[]>>

const matching = (value: string | RegExp): unknown =>
  value instanceof RegExp ? expect.stringMatching(value) : value

const matchingFinding = (expected: Expected): object =>
  typeof expected === 'string' || expected instanceof RegExp
    ? { detail: matching(expected) }
    : Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, matching(value)]))

/** Expects these findings, and unless there may be more, that all others are ok. */
export const expectFindings = (
  findings: readonly Finding[],
  expected: ExpectedFindings,
  { more = false } = {},
): void => {
  const named = Map.groupBy(findings, ({ id, status }) => `${id} ${status}`)
  for (const [name, wanted] of Object.entries(expected))
    expect(named.get(name), name).toMatchObject([wanted].flat().map(matchingFinding))
  const trouble = (names: Iterable<string>) => [...names].filter((name) => !name.endsWith(' ok')).toSorted()
  if (!more) expect(trouble(named.keys())).toEqual(trouble(Object.keys(expected)))
}
