import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readGeneration } from '../../../client/credential/readGeneration.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

/** Does at once what another user does. */
const asNobody = (act: () => unknown): unknown => {
  process.seteuid?.(65_534)
  try {
    return act()
  } catch (error) {
    return error
  } finally {
    process.seteuid?.(0)
  }
}

describe.skipIf(process.getuid?.() !== 0)('readGeneration()', () => {
  it('tells who asks for what is of another user', async () => {
    const folder = join(await temporaryFolder(), 'ada')
    await mkdir(folder, { mode: 0o700 })
    expect(readGeneration(folder, ['key.pem'])).toEqual([undefined])
    expect(asNobody(() => readGeneration(folder, ['key.pem']))).toMatchObject({
      code: 'path-unwritable',
      detail: `Cannot read ${folder}/current: this user may not (EACCES); run this as the user whom the agent runs for.`,
    })
  })
})
