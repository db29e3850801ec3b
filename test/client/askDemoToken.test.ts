import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { askDemoToken } from '../../client/askDemoToken.ts'
import { demoClaims } from '../../client/demoClaims.ts'
import { demoClient } from '../../local/signAccessToken.ts'
import { startTokenIssuer } from '../../local/tokenIssuer.ts'
import { type Reply, serve } from './serve.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { testDeployment } from '../cli/runCommand.ts'

const ada = { upn: 'ada@contoso.example', compliant: true }
const clientSecret = 'secret: canary'

/** A deployment whose demo issuer is at this URL. */
const deploymentAt = (url: string, secret = clientSecret) =>
  testDeployment('.', { tokenIssuer: { url, clientId: demoClient, clientSecret: secret } })

const startIssuer = async (): Promise<string> => {
  const keyFile = join(await temporaryFolder(), 'issuer.pem')
  const issuer = await startTokenIssuer({ port: 0, keyFile, clientSecret })
  onTestFinished(() => issuer.close())
  return issuer.url
}

describe('askDemoToken()', () => {
  it('gets a token for the user and the device', async () => {
    const deployment = deploymentAt(await startIssuer())
    expect(decodeJwt(await askDemoToken(deployment, ada))).toMatchObject({
      upn: ada.upn,
      [demoClaims.compliant]: true,
    })
    const bob = await askDemoToken(deployment, { upn: 'bob@contoso.example', compliant: false })
    expect(decodeJwt(bob)).toMatchObject({ upn: 'bob@contoso.example', [demoClaims.compliant]: false })
  })

  it('tells that the issuer does not know its secret, without repeating it', async () => {
    const deployment = deploymentAt(await startIssuer(), 'another canary')
    await expect(askDemoToken(deployment, ada)).toRefuse('service-refused', /^(?!.*canary).*status 401/)
  })

  it('tells that the deployment has no demo issuer', async () => {
    await expect(askDemoToken(testDeployment('.'), ada)).toRefuse('deployment-unknown', /has no demo issuer/)
  })

  it.each(['http://issuer.example', 'http://192.0.2.1:7072', 'nonsense'])(
    'sends its secret over plain http to this machine only, not to %s',
    async (url) => {
      await expect(askDemoToken(deploymentAt(url), ada)).toRefuse('usage-wrong', /must be https/)
    },
  )

  it.each<Reply>([{ body: {} }, { body: { access_token: 5 } }, { body: 'null' }, { body: '[]' }])(
    'refuses the answer %j, which holds no token',
    async (reply) => {
      const { url } = await serve(() => reply)
      await expect(askDemoToken(deploymentAt(url), ada)).toRefuse('service-answer-invalid', /holds none/)
    },
  )
})
