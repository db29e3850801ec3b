import { type LookingWorld, openTrouble } from '../agent/trouble.ts'
import { noWatchState, readWatchState, type WatchState, writeWatchState } from './watchState.ts'

/** What a watch remembers, as long as it can: on the disk, and of what cannot be written by itself. */
export interface WatchMemory {
  read(): Promise<WatchState>
  write(state: WatchState): Promise<void>
}

/** Opens what is remembered in a folder. */
export const openMemory = (folder: string, world: LookingWorld): WatchMemory => {
  const writing = openTrouble(world, { begun: 'failed', subject: folder })
  let latest: WatchState = noWatchState
  return {
    async read() {
      if (writing.error) return latest
      const { state, isLost } = await readWatchState(folder)
      if (isLost)
        world.report({
          kind: 'profiles-forgotten',
          level: 'warning',
          subject: folder,
          text: 'What was remembered of profiles cannot be read. Those that are not as the file says stay as they are until --adopt takes them over.',
        })
      return state
    },
    async write(state) {
      latest = state
      try {
        await writeWatchState(folder, state)
        writing.end()
      } catch (error) {
        writing.begin(error)
      }
    },
  }
}
