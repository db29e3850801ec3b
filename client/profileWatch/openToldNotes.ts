import type { AgentWorld } from '../agent/agentWorld.ts'
import type { WatchSpec } from './watchSpec.ts'

/** Tells what of the file the platform does not do: at the start, and each time that it changes. */
export const openToldNotes = (
  { folder, place: { platform } }: Pick<WatchSpec, 'folder' | 'place'>,
  world: Pick<AgentWorld, 'report'>,
) => {
  let told = ''
  return (notes: readonly string[]): void => {
    const found = notes.join(' ')
    const isNews = found !== told
    told = found
    if (!isNews || found === '') return
    const text = `The platform does not do all that the file says: ${found}`
    world.report({ kind: 'profile-lacking', level: 'warning', subject: folder, text, facts: { platform } })
  }
}
