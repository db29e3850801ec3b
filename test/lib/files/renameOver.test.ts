import { expect, it } from 'vitest'
import { renameOver, type RenameSystem } from '../../../lib/files/renameOver.ts'

const failing = (code: string, times: number, isWindows = true) => {
  const waits: number[] = []
  let attempts = 0
  const system: RenameSystem = {
    isWindows,
    async rename() {
      attempts += 1
      if (attempts <= times) throw Object.assign(new Error(code), { code })
    },
    async sleep(milliseconds) {
      waits.push(milliseconds)
    },
  }
  return { system, waits, attempts: () => attempts }
}

it.each(['EPERM', 'EACCES', 'EBUSY'])(
  'renameOver() waits on Windows while a reader has the file: %s',
  async (code) => {
    const { system, waits } = failing(code, 3)
    await renameOver('draft', 'trust.pem', system)
    expect(waits).toEqual([10, 20, 40])
  },
)

it('renameOver() gives up with the name of the file, to be tried again later', async () => {
  const { system, waits } = failing('EPERM', Infinity)
  await expect(renameOver('draft', 'C:/vpn/trust.pem', system)).toRefuse('file-in-use')
  expect(waits.reduce((sum, one) => sum + one)).toBe(2_550)
  await expect(renameOver('draft', 'C:/vpn/trust.pem', system)).rejects.toThrow('C:/vpn/trust.pem open')
})

it.each([
  ['EPERM', false],
  ['ENOSPC', true],
] as const)('renameOver() waits for nothing else: %s, on Windows %s', async (code, isWindows) => {
  const { system, attempts } = failing(code, 1, isWindows)
  await expect(renameOver('draft', 'trust.pem', system)).rejects.toThrow(code)
  expect(attempts()).toBe(1)
})
