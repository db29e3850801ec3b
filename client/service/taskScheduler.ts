import { win32 } from 'node:path'
import { scheduledTask, type TaskPlace, taskSource } from './scheduledTask.ts'
import { encodeUtf16, withMarker } from './serviceFile.ts'
import type { ServiceManager, Step } from './serviceManager.ts'

/** Where the file of a task is kept, and how the task is called. */
export interface TaskSchedulerPlace extends TaskPlace {
  readonly folder: string
  readonly isSystem: boolean
}

/** Windows prints in the code page of the console, or in UTF-16. */
const isForeign = (printed: Buffer): boolean =>
  !printed.includes(taskSource) && !printed.includes(Buffer.from(taskSource, 'utf16le'))

/** The Task Scheduler of Windows. It keeps a copy of the file; names of tasks are those of the whole machine. */
export const taskScheduler = ({ folder, isSystem, ...place }: TaskSchedulerPlace): ServiceManager => {
  const path = win32.join(folder, 'agent-task.xml')
  const name = isSystem ? 'Mayfly agent' : `Mayfly agent of ${place.userId}`
  const schtasks = (verb: string, ...words: readonly string[]): Step => ({
    program: win32.join(place.systemRoot, 'System32', 'schtasks.exe'),
    arguments: [verb, '/tn', name, ...words],
  })
  return {
    name: 'the Task Scheduler',
    places: [path],
    filesOf: (service) => [{ path, contents: encodeUtf16(withMarker(scheduledTask(service, place), 'xml')) }],
    foldersOf: () => [],
    start: () => [schtasks('/create', '/xml', path, '/f'), schtasks('/run')],
    isOn: () => [schtasks('/query')],
    // A look that is under way ends by itself.
    stop: () => [{ ...schtasks('/delete', '/f'), onlyIf: schtasks('/query') }],
    forget: [],
    namesake: { step: schtasks('/query', '/xml'), isForeign },
    advice: `\`schtasks /query /tn "${name}" /v /fo list\` tells of it.`,
  }
}
