import type { App } from '../lib/app.ts'
import { trustJson } from '../lib/authority/trustBundle.ts'
import { cacheableReply } from '../lib/http/replies.ts'
import { register } from './register.ts'

/** Registers `GET|HEAD /v1/{tenant}/trust.json`: the certificates a VPN server trusts, with state and digests. */
export const registerTrustJson = ({ serve, tenants, authorities }: App): void => {
  const handler = serve(async ({ params }) => {
    const { tenant } = await tenants.resolve(params['tenant'] ?? '')
    return cacheableReply('application/json', JSON.stringify(trustJson(await authorities.resolve(tenant))))
  })
  register('trustJson', handler)
}
