import type { App } from '../lib/app.ts'
import { statusReply } from '../lib/http/replies.ts'
import { register } from './register.ts'

/** Registers `GET|HEAD /healthz`: the process is up. */
export const registerHealthz = ({ serve }: App): void => {
  const handler = serve(() => Promise.resolve(statusReply(200, { status: 'ok' })))
  register('healthz', handler)
}
