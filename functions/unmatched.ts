import { Refusal } from '../lib/errors/refusal.ts'
import { methodsAt } from '../lib/http/routes.ts'
import type { MakeHandler } from './makeHandler.ts'

/** The catch-all: an unknown path is 404, a known one with a method it does not answer 405. */
export const unmatched: MakeHandler = ({ serve }) =>
  serve(({ params, method }) => {
    const allow = methodsAt(params['path'] ?? '')
    if (allow.length === 0) throw new Refusal('not-found', 'Cannot answer: there is nothing at this path.')
    throw new Refusal('method-not-allowed', `Cannot answer: the path does not take ${method}.`, { allow })
  })
