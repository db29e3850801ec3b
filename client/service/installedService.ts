import { findServiceFile } from './serviceFile.ts'
import type { ServiceManager } from './serviceManager.ts'

/** What of an installation is there, by the paths of its files. */
export interface InstalledService {
  /** As they were written. */
  readonly files: readonly string[]
  /** What somebody else wrote or changed. */
  readonly foreign: readonly string[]
}

/** Looks whether an agent is installed as a service; whether it runs is for the platform to say. */
export const installedService = async ({
  places,
}: Pick<ServiceManager, 'places'>): Promise<InstalledService> => {
  const found = await Promise.all(places.map(async (path) => ({ path, ...(await findServiceFile(path)) })))
  const pathsOf = (kind: 'ours' | 'foreign') =>
    found.filter((one) => one.kind === kind).map(({ path }) => path)
  return { files: pathsOf('ours'), foreign: pathsOf('foreign') }
}
