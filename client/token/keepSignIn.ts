/** Keeps the one secret that stands for a sign-in: a refresh token. */
export interface Keeping {
  read(): Promise<string | undefined>
  write(secret: string): Promise<void>
  forget(): Promise<void>
}

/**
 * Keeps it for as long as this program runs, and in another place besides. That place is asked each time: somebody may have
 * signed in there meanwhile, and a refresh token that another program used is worth nothing. What could not be replaced there was
 * used by this one: providers that rotate take it for stolen.
 */
export const keepSignIn = (besides?: Keeping): Keeping => {
  let held: string | undefined
  let found: string | undefined
  let isBehind = false
  return {
    async read() {
      const before = found
      found = await besides?.read()
      if (found !== undefined && !(isBehind && found === before)) held = found
      return held
    },
    async write(secret) {
      if (secret === held && !isBehind) return
      held = secret
      isBehind = true
      await besides?.write(secret)
      isBehind = false
    },
    async forget() {
      held = undefined
      isBehind = false
      await besides?.forget()
    },
  }
}
