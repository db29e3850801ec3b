import { describe, expect, it } from 'vitest'
import { nameFound } from '../../../client/check/nameFound.ts'

const url = new URL('https://ca.contoso.example:8443/base')
const direct = { kind: 'direct', why: 'unset' } as const

describe('nameFound()', () => {
  it.each([
    ['ENOTFOUND', 'no name server knows ca.contoso.example (ENOTFOUND)', /for a slip/],
    ['EAI_AGAIN', 'no name server answers about ca.contoso.example (EAI_AGAIN)', /^Connect this machine/],
  ])('explains %s', async (code, detail, remedy) => {
    const find = () => Promise.reject(Object.assign(new Error(code), { code }))
    const found = { status: 'problem', detail, remedy: expect.stringMatching(remedy) }
    expect(await nameFound(url, direct, find)).toEqual(found)
  })

  it('tells the addresses, and looks no address up', async () => {
    const find = async (host: string) => [{ address: `of ${host}` }, { address: '::1' }]
    expect(await nameFound(url, direct, find)).toMatchObject({ detail: 'of ca.contoso.example, ::1' })
    expect((await nameFound(new URL('https://[::1]'), direct, find)).detail).toMatch(/^an address/)
  })
})
