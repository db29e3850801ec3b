import { describe, expect, it } from 'vitest'
import { parseDuration, parseFuture, parsePast } from '../../../cli/commandLine/timeOption.ts'

const now = new Date('2026-03-02T10:00:00.000Z')
const option = { option: 'since', now }

describe.each([
  ['parsePast()', parsePast],
  ['parseFuture()', parseFuture],
])('%s', (_, parse) => {
  it.each([
    ['2026-03-02T10:00:00Z', '2026-03-02T10:00:00.000Z'],
    ['2026-03-02t10:00:00z', '2026-03-02T10:00:00.000Z'],
    ['2026-03-02T10:00:00.25Z', '2026-03-02T10:00:00.250Z'],
    ['2026-03-02T10:00:00.123456789Z', '2026-03-02T10:00:00.123Z'],
    ['2026-03-02', '2026-03-02T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['1970-01-01', '1970-01-01T00:00:00.000Z'],
  ])('reads %s', (text, time) => {
    expect(parse(text, option).toISOString()).toBe(time)
  })

  it.each([
    '',
    'yesterday',
    '2026-03-02T10:00:00',
    '2026-03-02T10:00:00+00:00',
    '2026-03-02T10:00Z',
    '2026-03-02 10:00:00Z',
    '2026-02-29',
    '2026-02-30T00:00:00Z',
    '2026-13-01',
    '2026-03-02T24:00:00Z',
    '2026-03-02T10:60:00Z',
    '1969-12-31',
    '9999-12-31',
    '02.03.2026',
    '1772445600',
    '24',
    'h',
    '-24h',
    '1.5h',
    '24H',
    '24 h',
    '24h ',
    '999999w',
    '9999999s',
    '१h',
  ])('refuses %j', (text) => {
    expect(() => parse(text, option)).toRefuse('usage-wrong', /^Cannot read --since: it takes a time such as/)
  })
})

it.each([
  ['0s', '2026-03-02T10:00:00.000Z', '2026-03-02T10:00:00.000Z'],
  ['90s', '2026-03-02T09:58:30.000Z', '2026-03-02T10:01:30.000Z'],
  ['5m', '2026-03-02T09:55:00.000Z', '2026-03-02T10:05:00.000Z'],
  ['24h', '2026-03-01T10:00:00.000Z', '2026-03-03T10:00:00.000Z'],
  ['7d', '2026-02-23T10:00:00.000Z', '2026-03-09T10:00:00.000Z'],
  ['2w', '2026-02-16T10:00:00.000Z', '2026-03-16T10:00:00.000Z'],
])(
  'a duration of %s leads parsePast() into the past and parseFuture() into the future',
  (text, past, future) => {
    expect(parsePast(text, option).toISOString()).toBe(past)
    expect(parseFuture(text, option).toISOString()).toBe(future)
  },
)

describe('parseDuration()', () => {
  it('reads a number of a unit', () => {
    expect(['90s', '10m', '2h'].map((text) => parseDuration(text, option))).toEqual([
      90_000, 600_000, 7_200_000,
    ])
  })

  it.each(['10', '', '2026-03-02', '-1h'])('refuses %j, and names durations', (text) => {
    expect(() => parseDuration(text, { option: 'min-left' })).toRefuse(
      'usage-wrong',
      /^Cannot read --min-left: it takes a duration such as 90s, 10m or 2h\.$/,
    )
  })
})
