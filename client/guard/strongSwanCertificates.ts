import { hash } from 'node:crypto'
import { Refusal } from '../../lib/errors/refusal.ts'
import { type LookingWorld, openTrouble } from '../agent/trouble.ts'
import { identitiesOf } from './identitiesOf.ts'
import { readSessionCertificate } from './readSessionCertificate.ts'
import type { Session, SessionCertificate } from './session.ts'
import { sessionCertificates } from './sessionCertificates.ts'

/** An IKE_SA as charon lists it. */
export interface ListedSession {
  readonly id: string
  readonly mark: string
  readonly user: string
  /** Every name that the client goes by. */
  readonly names: readonly string[]
  readonly since: Date
}

/** A certificate that charon knows, and what a client may call itself by it. */
interface Known {
  readonly certificate: SessionCertificate
  readonly identities: readonly string[]
}

/** What the seconds that charon counts, and clocks, are off by. */
const toleratedMilliseconds = 5_000

const known = (der: Buffer): Known | undefined => {
  const certificate = readSessionCertificate(der)
  if (!certificate) return undefined
  try {
    return { certificate, identities: identitiesOf(certificate) }
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

const certificatesByIdentity = (
  all: readonly (Known | undefined)[],
): ReadonlyMap<string, readonly SessionCertificate[]> => {
  const found = new Map<string, SessionCertificate[]>()
  for (const { certificate, identities } of all.filter((one) => one !== undefined))
    for (const identity of identities) {
      const same = found.get(identity)
      if (same) same.push(certificate)
      else found.set(identity, [certificate])
    }
  return found
}

const wasValid = ({ notBefore, notAfter }: SessionCertificate, at: Date): boolean =>
  notBefore.getTime() <= at.getTime() + toleratedMilliseconds &&
  at.getTime() <= notAfter.getTime() + toleratedMilliseconds

/**
 * Remembers the certificates of sessions, also across restarts: charon tells only those that it has in memory, not whose they are, and
 * forgets them when the bundle changes.
 * @returns what gives listed sessions their certificates, of those that charon lists beside them and those before; it does not reject
 *   where they cannot be kept.
 */
export const strongSwanCertificates = (folder: string, world: LookingWorld) => {
  const kept = sessionCertificates(folder)
  const trouble = openTrouble(world, { begun: 'failed', subject: folder })
  let read = new Map<string, Known | undefined>()
  let held = new Map<string, readonly SessionCertificate[]>()
  /** What cannot be kept is known until a restart, and tried again at the next look. */
  const keep = async (): Promise<void> => {
    try {
      for (const [mark, certificates] of held)
        if (certificates.length > 0) await kept.keep(mark, certificates)
      await kept.keepOnly([...held.keys()])
      trouble.end()
    } catch (error) {
      trouble.begin(error)
    }
  }
  return async (
    sessions: readonly ListedSession[],
    listed: readonly Buffer[],
  ): Promise<readonly Session[]> => {
    const digests = listed.map((der) => [hash('sha256', der), der] as const)
    read = new Map(digests.map(([digest, der]) => [digest, read.has(digest) ? read.get(digest) : known(der)]))
    const byIdentity = certificatesByIdentity([...read.values()])
    const candidates = ({ names, since }: ListedSession) =>
      [...new Set(names.flatMap((name) => byIdentity.get(name) ?? []))].filter((certificate) =>
        wasValid(certificate, since),
      )
    const before = new Map<string, readonly SessionCertificate[]>()
    for (const { mark } of sessions) before.set(mark, held.get(mark) ?? (await kept.read(mark)))
    held = new Map(
      sessions.map((session) => {
        const found = before.get(session.mark) ?? []
        return [session.mark, found.length > 0 ? found : candidates(session)]
      }),
    )
    await keep()
    return sessions.map(({ id, mark, user, since }) => ({
      id,
      mark,
      user,
      since,
      certificates: held.get(mark) ?? [],
    }))
  }
}
