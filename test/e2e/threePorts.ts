import { isFree } from '../../local/freePort.ts'

/** The first of three free ports, as `npm start` takes them, below those that the system gives out by itself. */
export const threePorts = async (): Promise<number> => {
  for (let tries = 0; tries < 100; tries++) {
    const first = 10_000 + Math.floor(Math.random() * 20_000)
    const free = await Promise.all([first, first + 1, first + 2].map(isFree))
    if (free.every(Boolean)) return first
  }
  throw new Error('There are no three free ports.')
}
