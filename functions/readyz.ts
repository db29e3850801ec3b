import type { App } from '../lib/app.ts'
import { statusReply } from '../lib/http/replies.ts'
import { register } from './register.ts'

/** Registers `GET|HEAD /readyz`: the tables and an issuer's signer answer. */
export const registerReadyz = ({ serve, readiness }: App): void => {
  const handler = serve(async () => {
    const result = await readiness()
    return statusReply(result.ready ? 200 : 503, result)
  })
  register('readyz', handler)
}
