import { statusReply } from '../lib/http/certificateReply.ts'
import type { MakeHandler } from './makeHandler.ts'

/** `GET|HEAD /readyz`: the tables and an issuer's signer answer. */
export const readyz: MakeHandler = ({ serve, readiness }) =>
  serve(async (_, served) => {
    const result = await readiness(served)
    return statusReply(result.ready ? 200 : 503, result)
  })
