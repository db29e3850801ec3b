import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { lifeOf, ownMark, parseMark, printMark, type ProcessMark } from '../../../lib/files/processMark.ts'

const started = async (program: string, ...args: readonly string[]): Promise<ChildProcess> => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  return child
}

const markOf = ({ pid = 0 }: ChildProcess): ProcessMark => ({ ...ownMark(), pid, begun: '' })

const isLinux = process.platform === 'linux'

describe('lifeOf()', () => {
  it('knows that a process has ended, and nothing of one that lives', async () => {
    const child = await started(process.execPath, '-e', 'setTimeout(() => {}, 60_000)')
    expect([lifeOf(ownMark()), lifeOf(markOf(child))]).toEqual(['unknown', 'unknown'])
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(lifeOf(markOf(child))).toBe('ended')
  })

  it('says nothing of other machines, and of no machine', () => {
    const gone = { ...ownMark(), pid: 2 ** 22 + 1 }
    expect(lifeOf(gone)).toBe('ended')
    expect(lifeOf({ ...gone, place: '0'.repeat(16) })).toBe('unknown')
    expect(lifeOf({ ...gone, place: '' })).toBe('unknown')
  })

  it.skipIf(!isLinux)('takes a process for ended whose id another has by now', () => {
    const mine = ownMark()
    expect(mine.begun).toMatch(/^\d+$/)
    expect(lifeOf({ ...mine, begun: String(Number(mine.begun) - 1) })).toBe('ended')
    expect(lifeOf({ ...mine, begun: '' })).toBe('unknown')
  })

  it.skipIf(!isLinux)('takes one for ended that was killed and is not waited for', async () => {
    // Its child ends, and it never asks for that.
    const parent = await started('sh', '-c', 'sleep 0 & echo $!; exec sleep 60')
    const [told] = (await once(parent.stdout ?? parent, 'data')) as [Buffer]
    const pid = Number(told.toString())
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const begun = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
    await vi.waitFor(() => expect(lifeOf({ ...ownMark(), pid, begun })).toBe('ended'), 20_000)
    expect(process.kill(pid, 0)).toBe(true)
  })
})

describe('parseMark()', () => {
  it('reads what printMark() writes, and nothing else', () => {
    const mark = { place: 'a'.repeat(16), pid: 7, begun: '12' }
    for (const one of [mark, { ...mark, place: '' }, { ...mark, begun: '' }, ownMark()])
      expect(parseMark(printMark(one))).toEqual(one)
    for (const text of ['', '7', '0-1-_', '-1-1-_', '7-x-_', '7-1-abc', `7-1-${'A'.repeat(16)}`])
      expect(parseMark(text)).toBeUndefined()
  })
})
