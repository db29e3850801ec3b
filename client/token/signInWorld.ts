/** The machine on which people sign in. */
export interface SignInWorld {
  /** That of this process: programs are found by it, and started with it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  /** Tells whoever sits at the machine where to sign in, and what to mind. Never gets a token. */
  readonly tell: (text: string) => void
  /** The folder, their user's alone, for what is remembered; undefined where there is none. */
  readonly folder: string | undefined
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<unknown>
  /** How long somebody has for a sign-in. */
  readonly signInMilliseconds: number
}
