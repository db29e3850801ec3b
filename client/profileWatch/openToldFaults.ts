import type { AgentWorld } from '../agent/agentWorld.ts'
import type { SourceFault } from './watchSpec.ts'

/** Tells what is wrong with names and lists when it begins, and when it is over. */
export const openToldFaults = (folder: string, world: Pick<AgentWorld, 'report'>) => {
  let told: ReadonlyMap<string, SourceFault> = new Map()
  return (faults: readonly SourceFault[]): void => {
    const found = new Map(faults.map((one) => [one.source, one]))
    for (const { source, kind, text } of found.values())
      if (told.get(source)?.kind !== kind) {
        const event = kind === 'refused' ? 'source-refused' : 'source-failed'
        world.report({ kind: event, level: 'warning', subject: folder, text, facts: { source } })
      }
    // Nobody knows then what each of them would say.
    if (faults.some(({ kind }) => kind === 'nothing-resolved')) {
      told = new Map([...told, ...found])
      return
    }
    for (const { source } of told.values())
      if (!found.has(source)) {
        const text = `${source}: nothing is wrong any more.`
        world.report({ kind: 'source-known', level: 'info', subject: folder, text, facts: { source } })
      }
    told = found
  }
}
