import { describe, expect, it } from 'vitest'
import { withRenewLock } from '../../../client/agent/withRenewLock.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

describe('withRenewLock()', () => {
  it('refuses in words once it waited long enough for another process', async () => {
    const folder = await temporaryFolder()
    await withRenewLock(folder, async () => {
      const second = withRenewLock(folder, async () => 'ran', { patience: 100 })
      await expect(second).toRefuse(
        'folder-busy',
        new RegExp(`^Cannot change the credential in ${folder}: .*agent`),
      )
    })
    expect(await withRenewLock(folder, async () => 'ran')).toBe('ran')
  })

  it('leaves what is refused under it as it is', async () => {
    const refusal = new Refusal('folder-busy', 'of something else')
    const act = () => Promise.reject(refusal)
    await expect(withRenewLock(await temporaryFolder(), act)).rejects.toBe(refusal)
  })
})
