import { expect, it } from 'vitest'
import { ikeProposal } from '../../../client/serverConfig/ikeProposal.ts'

/** What each spelling calls the same algorithm. */
const names = {
  AuthenticationTransformConstants: { GCMAES256: 'aes256gcm16' },
  CipherTransformConstants: { GCMAES256: 'aes256gcm16' },
  PfsGroup: { ECP384: 'ecp384' },
  DHGroup: { ECP384: 'ecp384' },
  IntegrityCheckMethod: { SHA384: 'prfsha384' },
  EncryptionMethod: { GCMAES256: 'aes256gcm16', AES_GCM_256: 'aes256gcm16' },
} as const

it.each(['profileXml', 'rras'] as const)('ikeProposal says the same to strongSwan and as %s', (windows) => {
  const said = Object.fromEntries(
    ikeProposal[windows].map(([name, value]) => [
      name,
      (names[name] as Readonly<Record<string, string>>)[value],
    ]),
  )
  expect(Object.keys(said)).toEqual(Object.keys(names))
  const { EncryptionMethod: encryption, IntegrityCheckMethod: hash, DHGroup: group } = said
  expect(`${encryption}-${hash}-${group}`).toBe(ikeProposal.strongSwan.ike)
  expect(said['AuthenticationTransformConstants']).toBe(said['CipherTransformConstants'])
  expect(`${said['CipherTransformConstants']}-${said['PfsGroup']}`).toBe(ikeProposal.strongSwan.esp)
})
