import { describe, expect, it } from 'vitest'
import { addUsers, maxUsersOfEntry, storedUsers, usersFromRow } from '../../../lib/tenant/storedUsers.ts'

const user = (name: string, objectId?: string) => ({ upn: `${name}@contoso.example`, objectId })
const many = (count: number) => Array.from({ length: count }, (_, index) => user(`user${index}`))

describe('storedUsers()', () => {
  it('fits the longest names of as many users as an entry may have into a property of a row', () => {
    const longest = { upn: `${'u'.repeat(64)}@${'d'.repeat(253)}`, objectId: 'f'.repeat(36) }
    const stored = storedUsers(Array.from({ length: maxUsersOfEntry }, () => longest))
    expect(stored.length).toBeLessThanOrEqual(32 * 1024)
  })

  it('is what usersFromRow() reads', () => {
    const users = [user('ada', 'abc'), user('bob')]
    const row = { partition: 'p', row: 'r', etag: '', values: { users: storedUsers(users) } }
    expect(usersFromRow(row)).toEqual(users)
    expect(usersFromRow({ ...row, values: {} })).toEqual([])
    for (const garbled of ['', '{}', '[1]', '[["a"]]', '[["a",1]]', 'null'])
      expect(usersFromRow({ ...row, values: { users: garbled } })).toEqual([])
  })
})

describe('addUsers()', () => {
  it('adds who is new, once, behind those that are known', () => {
    const known = [user('ada', 'abc')]
    const found = [user('bob'), user('ada', 'abc'), user('bob'), user('ada')]
    expect(addUsers(known, found, 9)).toEqual([user('ada', 'abc'), user('bob'), user('ada')])
  })

  it('gives the same back where there is nobody to add, or no room', () => {
    const known = [user('ada')]
    expect(addUsers(known, [user('ada')], 9)).toBe(known)
    expect(addUsers(known, [], 9)).toBe(known)
    for (const room of [0, -1]) expect(addUsers(known, [user('bob')], room)).toBe(known)
  })

  it('adds as many as an entry, and the list, have room for', () => {
    expect(addUsers([], many(200), 1_000)).toHaveLength(maxUsersOfEntry)
    expect(addUsers([user('ada')], many(200), 1_000)).toHaveLength(maxUsersOfEntry)
    expect(addUsers([], many(200), 3)).toEqual(many(3))
  })
})
