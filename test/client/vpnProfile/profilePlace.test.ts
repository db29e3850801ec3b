import { expect, it } from 'vitest'
import { notApplied } from '../../../client/vpnProfile/profilePlace.ts'

it('notApplied() names the profile, and what happened', async () => {
  await expect(Promise.reject(notApplied('Contoso VPN', 'the disk is full; the old one stays'))).toRefuse(
    'profile-not-applied',
    /"Contoso VPN": the disk is full; the old one stays\./,
  )
})
