import type { Deadline } from '../deadline/deadline.ts'
import { jsonMember } from '../json/parseJson.ts'
import { DirectoryOutage, type DirectoryPart } from './directoryOutage.ts'
import { graphPermissions } from './graphPermissions.ts'
import type { GraphAnswer, ReadGraph } from './graphReader.ts'

/** One request for a part of the directory. */
export interface GraphQuestion {
  readonly part: DirectoryPart
  readonly path: string
}

/** Asks Graph once. @returns the document; undefined where there is no such thing. @throws {DirectoryOutage} for all else */
export type AskGraph = (question: GraphQuestion, deadline: Deadline) => Promise<unknown>

interface AskGraphOptions {
  readonly readGraph: ReadGraph
  /** The longest that one request may take, its token included. */
  readonly callMilliseconds: number
  /** Milliseconds of a monotonic clock. */
  readonly clock: () => number
}

/** When asking again may help where Graph does not say. */
const usualSeconds = 5

/** When asking again may help where an administrator has to mend something first. */
const mendedSeconds = 60

/** A code of Graph's, which is a word; anything else is not repeated. */
const codeOf = ({ body }: GraphAnswer): string | undefined => {
  const code = jsonMember(jsonMember(body, 'error'), 'code')
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : undefined
}

const answered = (answer: GraphAnswer): string => {
  const told = [codeOf(answer), answer.requestId && `request-id ${answer.requestId}`].filter(Boolean)
  return `Graph answers ${answer.status}${told.length > 0 ? ` (${told.join(', ')})` : ''}`
}

const outageOf = (part: DirectoryPart, answer: GraphAnswer): DirectoryOutage => {
  const { status, retryAfterSeconds = usualSeconds } = answer
  const said = answered(answer)
  if (status === 200) return new DirectoryOutage(part, `${said}, with no JSON`, { retryAfterSeconds })
  if (status !== 401 && status !== 403) return new DirectoryOutage(part, said, { retryAfterSeconds })
  const why = `${said}: the identity of the app needs the permission ${graphPermissions[part].name}, see docs/deploy.md`
  return new DirectoryOutage(part, why, { retryAfterSeconds: mendedSeconds })
}

/** Tells whether Graph knows that there is nothing at a path, and it is not that the path is wrong. */
const isAbsent = (answer: GraphAnswer): boolean =>
  answer.status === 404 && codeOf(answer) === 'Request_ResourceNotFound'

const late = (part: DirectoryPart) => () =>
  new DirectoryOutage(part, 'Graph did not answer in time', { retryAfterSeconds: usualSeconds })

/** Leaves a part of the directory alone for as long as it asks for: what is sent meanwhile would prolong it. */
const openRests = (clock: () => number) => {
  const ends = new Map<DirectoryPart, number>()
  return {
    check(part: DirectoryPart): void {
      const left = (ends.get(part) ?? 0) - clock()
      if (left <= 0) return
      const retryAfterSeconds = Math.ceil(left / 1000)
      throw new DirectoryOutage(part, 'Graph asked to be left alone', { retryAfterSeconds })
    },
    note(part: DirectoryPart, { status, retryAfterSeconds }: GraphAnswer): void {
      if (retryAfterSeconds === undefined || (status !== 429 && status !== 503)) return
      ends.set(part, clock() + retryAfterSeconds * 1000)
    },
  }
}

/** Makes the one way in which the directory is asked: within a time, without a second try. */
export const askGraph = ({ readGraph, callMilliseconds, clock }: AskGraphOptions): AskGraph => {
  const rests = openRests(clock)
  return async ({ part, path }, deadline) => {
    rests.check(part)
    const call = deadline.part({ milliseconds: callMilliseconds })
    const answer = await call.within(readGraph(path, call.signal), late(part)).catch((cause: unknown) => {
      if (cause instanceof DirectoryOutage) throw cause
      throw new DirectoryOutage(part, 'Graph cannot be asked', { cause, retryAfterSeconds: usualSeconds })
    })
    rests.note(part, answer)
    if (isAbsent(answer)) return undefined
    if (answer.status === 200 && answer.body !== undefined) return answer.body
    throw outageOf(part, answer)
  }
}
