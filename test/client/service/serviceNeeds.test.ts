import { describe, expect, it } from 'vitest'
import { parseConfiguration } from '../../../client/agent/readConfiguration.ts'
import { serviceNeeds } from '../../../client/service/serviceNeeds.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const needsOf = async (folder: string, text: string) => {
  const read = await parseConfiguration(`url = "https://m.example"\ntenant = "contoso"\n${text}`, folder)
  if (read.kind === 'faults') throw new Error(JSON.stringify(read.faults))
  return serviceNeeds(read.configuration)
}

const signIn = (more: string) => `[[credentials]]
folder = "vpn"
token = { kind = "oidc", issuer = "https://login.example", client = "mayfly"${more} }`

describe('serviceNeeds()', () => {
  it('finds every folder that an agent writes to, and who may read it', async () => {
    const folder = await temporaryFolder()
    const text = `log-file = "log/agent.log"
[[credentials]]
folder = "vpn"
key-provider = "tpm2"
token = { kind = "command", command = "t" }
[[bundles]]
folder = "trust"
[[profiles]]
file = "vpn.toml"
folder = "profiles"
platform = "strongswan"
credential = "vpn"
user = "ada@contoso.example"`
    expect(await needsOf(folder, text)).toEqual({
      writable: [
        { path: `${folder}/vpn`, isPrivate: true },
        { path: `${folder}/trust`, isPrivate: false },
        { path: `${folder}/profiles`, isPrivate: false },
        { path: '/etc/swanctl/conf.d', isPrivate: false },
        { path: '/etc/swanctl/x509ca', isPrivate: false },
        { path: `${folder}/log`, isPrivate: false },
      ],
      usesTpm: true,
      runsHooks: false,
      hasLog: true,
    })
  })

  it.each(['on-renew', 'on-refused'])('sees %s', async (hook) => {
    const folder = await temporaryFolder()
    const text = `[[credentials]]
folder = "vpn"
${hook} = "/bin/true"
token = { kind = "command", command = "t" }`
    expect(await needsOf(folder, text)).toMatchObject({ runsHooks: true })
  })

  it('refuses a sign-in that nobody is there for, and takes one that is remembered', async () => {
    const folder = await temporaryFolder()
    await expect(needsOf(folder, signIn(''))).rejects.toMatchObject({
      code: 'install-refused',
      detail: expect.stringContaining('remember = true') as string,
    })
    expect(await needsOf(folder, signIn(', remember = true'))).toMatchObject({
      usesTpm: false,
      hasLog: false,
    })
  })
})
