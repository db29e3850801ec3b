import { Refusal } from '../errors/refusal.ts'
import type { Value } from '../store/tables.ts'

/** Whoever is signed in to Microsoft Entra, by the access token that their changes are written with. */
export interface EntraActor {
  readonly kind: 'entra'
  /** The UPN of a user; `app` and the application's id where a service or pipeline signed in. */
  readonly name: string
  /** `oid`: the user or service principal, which no other ever gets. */
  readonly objectId: string
  /** `tid` */
  readonly directoryId: string
  /** `appid`: what they signed in with; empty when the token does not say. */
  readonly applicationId: string
  /** User and machine, as the operating system calls them. */
  readonly workplace: string
}

/** Whoever runs the command, where no sign-in tells: tables on one machine. */
export interface LocalActor {
  readonly kind: 'local'
  /** User and machine, as the operating system calls them. */
  readonly name: string
}

/**
 * Who makes a change. It is the word of the CLI: whoever may write to the tables may write another name. The log of the
 * storage account has its own.
 */
export type Actor = EntraActor | LocalActor

/** The author of a change, its time and its reason: each change of an administrator is recorded with them. */
export interface Author {
  readonly actor: Actor
  readonly now: Date
  /** May be empty. */
  readonly reason: string
}

/** An actor as people read it; marked where nobody vouches for the name. */
export const actorText = (actor: Actor): string =>
  actor.kind === 'local' ? `local:${actor.name}` : actor.name

/** The columns that tell who made a change: `by` for people, `actor` for programs. */
export const actorColumns = (actor: Actor) => ({ by: actorText(actor), actor: JSON.stringify(actor) })

const parseActor = (text: string): Actor | undefined => {
  try {
    const found = JSON.parse(text) as Actor
    return found.kind === 'entra' || found.kind === 'local' ? found : undefined
  } catch {
    return undefined
  }
}

/**
 * Reads who made a change. Rows of Mayfly 0.1 have the user and machine in `by` alone.
 * @param by the name of the column for people.
 */
export const actorOfRow = (values: Readonly<Record<string, Value>>, by = 'by'): Actor =>
  parseActor(String(values['actor'] ?? '')) ?? { kind: 'local', name: String(values[by]) }

/** No control characters, and nothing else that could forge a line of a history. */
const reasonForm = /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u

/** Parses the reason of a change: one line of 1 to 200 characters. @throws {Refusal} `usage-wrong` */
export const parseReason = (text: string): string => {
  const reason = text.trim()
  if (reasonForm.test(reason)) return reason
  throw new Refusal(
    'usage-wrong',
    'Cannot record the change: a reason has 1 to 200 characters, none of them a control character.',
  )
}
