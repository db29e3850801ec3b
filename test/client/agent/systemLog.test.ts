import { describe, expect, it, vi } from 'vitest'
import type { AgentEvent } from '../../../client/agent/agentEvent.ts'
import { systemLog, type SystemLogPlace } from '../../../client/agent/systemLog.ts'

const event: AgentEvent = { kind: 'profile-failed', level: 'error', text: 'It cannot: "a" & b.' }

const place = (changes: Partial<SystemLogPlace>) => {
  const [lines, runs]: [string[], (readonly string[])[]] = [[], []]
  const log = systemLog({
    platform: 'linux',
    environment: {},
    standardError: { dev: 8, ino: 77 },
    write: (line) => lines.push(line),
    async run(program, args) {
      runs.push([program, ...args])
      await Promise.resolve()
      throw new Error('it is not there')
    },
    ...changes,
  })
  return { log, lines, runs }
}

describe('systemLog()', () => {
  it('is the journal where standard error is', () => {
    const { log, lines } = place({ environment: { JOURNAL_STREAM: '8:77' } })
    log?.(event, '{"a":1}')
    expect(lines).toEqual(['{"a":1}'])
  })

  it('is not there where standard error is something else, though the journal was inherited', () => {
    expect(place({ environment: { JOURNAL_STREAM: '8:78' } }).log).toBeUndefined()
    expect(place({}).log).toBeUndefined()
    const closed = { environment: { JOURNAL_STREAM: '8:77' }, standardError: undefined }
    expect(place(closed).log).toBeUndefined()
  })

  it('is the log "Application" on Windows, with the id of the event, one after the other, whatever fails', async () => {
    const { log, runs } = place({ platform: 'win32', environment: { SystemRoot: 'D:\\Windows' } })
    for (let number = 0; number < 3; number++) log?.({ ...event, text: 'x'.repeat(2_000) }, '')
    await vi.waitFor(() => expect(runs).toHaveLength(3), 20_000)
    expect(runs[0]?.slice(0, -1)).toEqual(
      ['D:\\Windows\\System32\\eventcreate.exe'].concat(
        '/L',
        'APPLICATION',
        '/SO',
        'Mayfly',
        '/T',
        'ERROR',
        '/ID',
        '124',
        '/D',
      ),
    )
    expect(runs[0]?.at(-1)).toHaveLength(1_000)
  })

  it('has no more than 100 events wait for a program that hangs', async () => {
    let begun = 0
    const { promise: hung, resolve: release } = Promise.withResolvers<void>()
    const { log } = place({ platform: 'win32', run: () => ((begun += 1), hung) })
    for (let number = 0; number < 500; number++) log?.(event, '')
    release()
    await vi.waitFor(() => expect(begun).toBe(100), 20_000)
    log?.(event, '')
    await vi.waitFor(() => expect(begun).toBe(101), 20_000)
  })
})
