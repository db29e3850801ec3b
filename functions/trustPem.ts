import type { App } from '../lib/app.ts'
import { trustPem } from '../lib/authority/trustBundle.ts'
import { cacheableReply } from '../lib/http/replies.ts'
import { register } from './register.ts'

/** Registers `GET|HEAD /v1/{tenant}/trust.pem`: the certificates a VPN server trusts, as commented PEM. */
export const registerTrustPem = ({ serve, tenants, authorities }: App): void => {
  const handler = serve(async ({ params }) => {
    const { tenant } = await tenants.resolve(params['tenant'] ?? '')
    return cacheableReply('application/x-pem-file', trustPem(await authorities.resolve(tenant)))
  })
  register('trustPem', handler)
}
