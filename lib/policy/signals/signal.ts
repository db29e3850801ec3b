/**
 * One fact about a request: its value; `null` where a source says that there is none (no guest, no device record); and
 * `undefined` where no source says anything. An unknown fact counts against the user, never for them.
 */
export type Signal<Value> = Value | null | undefined

/** Answers a question about a request. What nobody can tell is `unknown`, which never helps the user. */
export type Answer = 'yes' | 'no' | 'unknown'

export const platforms = ['android', 'iOS', 'windows', 'windowsPhone', 'macOS', 'linux'] as const
export type Platform = (typeof platforms)[number]
