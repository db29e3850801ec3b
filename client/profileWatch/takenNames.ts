import { readWatchState } from './watchState.ts'

/** Names the profiles that other watches manage. @param folders have what they remember. */
export const takenNames = async (folders: readonly string[]): Promise<readonly string[]> => {
  const read = await Promise.all(folders.map(readWatchState))
  return read.flatMap(({ state }) => state.profiles.filter((one) => one.isManaged).map(({ name }) => name))
}
