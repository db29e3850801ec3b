import { describe, expect, it } from 'vitest'
import { keepSignIn, type Keeping } from '../../../client/token/keepSignIn.ts'

const inStore = (): Keeping & { value: string | undefined; readonly writes: string[] } => ({
  value: undefined,
  writes: [],
  async read() {
    return this.value
  },
  async write(secret) {
    this.writes.push(secret)
    this.value = secret
  },
  async forget() {
    this.value = undefined
  },
})

describe('keepSignIn()', () => {
  it('keeps it in memory', async () => {
    const keeping = keepSignIn()
    expect(await keeping.read()).toBeUndefined()
    await keeping.write('one')
    expect(await keeping.read()).toBe('one')
    await keeping.forget()
    expect(await keeping.read()).toBeUndefined()
  })

  it('follows what another program put into the store, and writes there what is new', async () => {
    const store = inStore()
    const keeping = keepSignIn(store)
    await keeping.write('one')
    store.value = 'two'
    expect(await keeping.read()).toBe('two')
    await keeping.write('two')
    await keeping.write('three')
    expect(store.writes).toEqual(['one', 'three'])
    await keeping.forget()
    store.value = 'four'
    expect(await keeping.read()).toBe('four')
  })

  it('holds what the store did not keep', async () => {
    const keeping = keepSignIn({ ...inStore(), write: async () => undefined })
    await keeping.write('one')
    expect(await keeping.read()).toBe('one')
  })

  it('does not use again what it could not replace, unless somebody signed in anew', async () => {
    const store = inStore()
    let isFull = false
    const write = async (secret: string) => {
      if (isFull) throw new Error('ENOSPC')
      await store.write(secret)
    }
    const keeping = keepSignIn({ read: () => store.read(), write, forget: () => store.forget() })
    store.value = 'one'
    expect(await keeping.read()).toBe('one')
    isFull = true
    await expect(keeping.write('two')).rejects.toThrow('ENOSPC')
    expect(await keeping.read()).toBe('two')
    expect(await keeping.read()).toBe('two')
    isFull = false
    await keeping.write('two')
    expect(store.value).toBe('two')
    isFull = true
    await expect(keeping.write('three')).rejects.toThrow('ENOSPC')
    store.value = 'four'
    expect(await keeping.read()).toBe('four')
  })
})
