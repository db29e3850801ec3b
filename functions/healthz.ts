import { statusReply } from '../lib/http/certificateReply.ts'
import type { MakeHandler } from './makeHandler.ts'

/** `GET|HEAD /healthz`: the process is up, with its settings. */
export const healthz: MakeHandler = ({ serve }) =>
  serve(() => Promise.resolve(statusReply(200, { status: 'ok' })))
