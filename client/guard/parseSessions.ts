import { jsonMember, parseJson } from '../../lib/json/parseJson.ts'
import { parseRfc3339 } from '../../lib/text/rfc3339.ts'
import type { Session } from './session.ts'

/** Twenty thousand sessions. */
const maxValues = 100_000

const mostCharacters = 1_024

const textIn = (document: unknown, name: string): string | undefined => {
  const value = jsonMember(document, name)
  return typeof value === 'string' && value.length <= mostCharacters ? value : undefined
}

/**
 * Parses sessions that a server's own script lists: `{"sessions": [{"id": ..., "user": ..., "since": RFC 3339}]}`. Other members are
 * passed over.
 * @throws what `refuse` makes.
 */
export const parseSessions = (octets: Uint8Array, refuse: (why: string) => Error): readonly Session[] => {
  const sessions = jsonMember(parseJson(octets, refuse, maxValues), 'sessions')
  if (!Array.isArray(sessions)) throw refuse('has no list "sessions"')
  return sessions.map((one: unknown, index) => {
    const [id, user] = [textIn(one, 'id'), textIn(one, 'user')]
    const since = parseRfc3339(textIn(one, 'since') ?? '')
    if (id === undefined || user === undefined || since === undefined)
      throw refuse(`has no id, user and since (RFC 3339) in "sessions[${index}]"`)
    return { id, mark: '', user, since: new Date(since * 1000), certificates: [] }
  })
}
