import { describe, expect, it } from 'vitest'
import type { FetchList } from '../../../../client/vpnProfile/sources/fetchList.ts'
import { followLists } from '../../../../client/vpnProfile/sources/followLists.ts'
import { printSourceNote } from '../../../../client/vpnProfile/sources/sourceNote.ts'
import type { ExclusionList } from '../../../../client/vpnProfile/vpnProfile.ts'
import { prefixOf } from '../../../../lib/text/ipPrefix.ts'
import { sourceWorld } from './sourceWorld.ts'

const lists: readonly ExclusionList[] = ['a.txt', 'b.txt'].map((name) => ({
  kind: 'file',
  name,
  file: `/${name}`,
}))

const prefixes = ['198.51.100.0/24'].flatMap((cidr) => prefixOf(cidr) ?? [])

const got: FetchList = () => Promise.resolve({ kind: 'list', prefixes, tag: '"7"' })
const fails: FetchList = ({ name }) =>
  name === 'a.txt' ? Promise.reject(new Error('it is gone')) : Promise.resolve({ kind: 'list', prefixes })
const day = (at: number) => () => new Date(`2026-11-0${at}T12:00:00Z`)

const look = async (
  before: Parameters<typeof followLists>[1],
  fetchList: FetchList,
  at: number,
  own = {},
) => {
  const { kept, told } = await followLists(lists, before, sourceWorld({ fetchList, now: day(at), ...own }))
  return { kept: Object.fromEntries(kept), told: told.map(printSourceNote) }
}

const copy = { prefixes: ['198.51.100.0/24'], at: '2026-11-01T12:00:00.000Z' }

describe('followLists()', () => {
  it('keeps the last good copy of a list that cannot be had, with its age, and gets the others', async () => {
    const first = await look({}, got, 1)
    expect(first).toEqual({
      kept: { 'a.txt': { ...copy, tag: '"7"' }, 'b.txt': { ...copy, tag: '"7"' } },
      told: [],
    })
    expect(await look(first.kept, fails, 2)).toEqual({
      kept: { 'a.txt': { ...copy, tag: '"7"' }, 'b.txt': { ...copy, at: '2026-11-02T12:00:00.000Z' } },
      told: ['a.txt keeps its answer of 2026-11-01T12:00:00.000Z: it is gone'],
    })
  })

  it('tells of a list that never was there, and of one that claims to be the same as nothing', async () => {
    expect((await look({}, fails, 1)).told).toEqual(['a.txt never had an answer: it is gone'])
    const same: FetchList = () => Promise.resolve({ kind: 'same' })
    const { kept, told } = await look({ 'a.txt': copy }, same, 2)
    expect(kept).toEqual({ 'a.txt': { ...copy, at: '2026-11-02T12:00:00.000Z' } })
    expect(told).toEqual(['b.txt never had an answer: it is the same as a copy that is not there'])
  })

  it('gives back what it was given of it, and forgets what the file no longer has', async () => {
    const tags: (string | undefined)[] = []
    const fetchList: FetchList = (_, { tag }) => {
      tags.push(tag)
      return Promise.resolve({ kind: 'same' })
    }
    const before = { 'a.txt': { ...copy, tag: '"7"' }, 'b.txt': copy, 'c.txt': copy }
    expect(Object.keys((await look(before, fetchList, 2)).kept)).toEqual(['a.txt', 'b.txt'])
    expect(tags).toEqual(['"7"', undefined])
  })

  it('waits for a list no longer than its time, and no longer than it is let (fault 3)', async () => {
    const silent: FetchList = () => new Promise(() => {})
    const late = await look({ 'a.txt': copy }, silent, 2, { listMilliseconds: 20 })
    expect(late.kept).toEqual({ 'a.txt': copy })
    const signal = AbortSignal.timeout(20)
    await expect(look({}, silent, 1, { signal })).rejects.toThrow('aborted due to timeout')
  })
})
