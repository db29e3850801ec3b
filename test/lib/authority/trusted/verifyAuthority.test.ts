import { expect, it } from 'vitest'
import { checkRows, openSigned } from '../../../../lib/authority/trusted/verifyAuthority.ts'
import { createBundleWorld } from '../../../client/bundleWorld.ts'

it('what was seen retired or tainted vouches for nothing, whoever names it, and does not come back', async () => {
  await using bench = await createBundleWorld()
  const { authority } = bench
  const anchors = [bench.root(1).digest]
  const seen = (root: number) => ({
    anchors: [],
    remembered: { anchors, sequence: 0, bundle: '', ended: [bench.root(root).digest] },
  })
  await expect(openSigned(authority, { ...seen(1), anchors })).toRefuse('anchors-refused')
  const bundle = await openSigned(authority, seen(2))
  expect(() => checkRows(authority, bundle, seen(2))).toRefuse(
    'authority-altered',
    /root~0002 is in the bundle, and was seen retired or tainted here/,
  )
  expect(() => checkRows(authority, bundle, { anchors, remembered: undefined })).not.toThrow()
})
