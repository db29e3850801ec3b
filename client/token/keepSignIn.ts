/** Keeps the one secret that stands for a sign-in: a refresh token. */
export interface Keeping {
  read(): Promise<string | undefined>
  write(secret: string): Promise<void>
  forget(): Promise<void>
}

/**
 * Keeps it for as long as this program runs, and in another place besides. That place is asked each time: somebody may have
 * signed in there meanwhile, and a refresh token that another program used is worth nothing.
 */
export const keepSignIn = (besides?: Keeping): Keeping => {
  let held: string | undefined
  return {
    async read() {
      held = (await besides?.read()) ?? held
      return held
    },
    async write(secret) {
      const isNew = secret !== held
      held = secret
      if (isNew) await besides?.write(secret)
    },
    async forget() {
      held = undefined
      await besides?.forget()
    },
  }
}
