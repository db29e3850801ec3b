/** Keeps the one secret that stands for a sign-in: a refresh token. */
export interface Keeping {
  read(): Promise<string | undefined>
  write(secret: string): Promise<void>
  forget(): Promise<void>
}

/** Keeps it for as long as this program runs, and in another place besides, which is asked once. */
export const keepSignIn = (besides?: Keeping): Keeping => {
  let held: string | undefined
  let wasAsked = false
  return {
    async read() {
      if (!wasAsked) held = await besides?.read()
      wasAsked = true
      return held
    },
    async write(secret) {
      const isNew = secret !== held
      ;[held, wasAsked] = [secret, true]
      if (isNew) await besides?.write(secret)
    },
    async forget() {
      ;[held, wasAsked] = [undefined, true]
      await besides?.forget()
    },
  }
}
