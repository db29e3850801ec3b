import { freePort, isFree } from '../../local/freePort.ts'

/** The first of three free ports, as `npm start` takes them. */
export const threePorts = async (): Promise<number> => {
  for (let tries = 0; tries < 100; tries++) {
    const first = await freePort()
    const free = await Promise.all([first + 1, first + 2].map(isFree))
    if (free.every(Boolean)) return first
  }
  throw new Error('There are no three free ports.')
}
