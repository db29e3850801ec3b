import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Settings } from '../../test/e2e/startFunctions.ts'
import { bundle, writeBundle } from '../../tools/bundle.ts'
import type { RunningContender } from './contender.ts'
import type { MayflyWorld } from './mayflyWorld.ts'
import { type ServerProcess, startServerProcess } from './startServerProcess.ts'

/** The root of this checkout. */
export const thisCheckout = fileURLToPath(new URL('../..', import.meta.url))

/** The bundle of a checkout as its sources are now. */
export interface Built extends AsyncDisposable {
  readonly root: string
  /** URL of what the host loads. */
  readonly entry: string
}

/** Builds the bundle of a checkout aside, whatever lies in its `dist`. */
export const buildAside = async (root: string): Promise<Built> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-bundle-'))
  await writeBundle(folder, await bundle(root))
  return {
    root,
    entry: pathToFileURL(join(folder, 'dist/functions.mjs')).href,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Starts the functions host of a checkout with an entry. */
export const startHost = (
  { root, entry }: Pick<Built, 'root' | 'entry'>,
  settings: Settings,
): Promise<ServerProcess> =>
  startServerProcess({ program: join(root, 'bench/http/serverProcess.ts'), args: [entry], root, settings })

/** Mayfly, which can be asked more than others. */
export interface Mayfly extends RunningContender {
  readonly server: ServerProcess
}

/** Starts a built bundle on the functions host of its checkout, for a tenant. */
export const startMayfly = async (
  name: string,
  built: Pick<Built, 'root' | 'entry'>,
  world: MayflyWorld,
): Promise<Mayfly> => {
  const server = await startHost(built, world.settings)
  return {
    name,
    server,
    status: '201',
    makeRequests: (count) => world.makeRequests(count),
    allocations: {
      begin: () => server.ask({ kind: 'begin' }),
      end: () => server.ask({ kind: 'allocated' }),
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
