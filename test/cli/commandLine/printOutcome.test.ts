import { describe, expect, it, vi } from 'vitest'
import { printOutcome } from '../../../cli/commandLine/printOutcome.ts'

/** An output on which the first texts arrive, and the next fails with this code. */
const output = (code?: string, arriving = 0) => {
  const written: string[] = []
  const writeResult = async (text: string) => {
    if (code !== undefined && written.length === arriving) throw Object.assign(new Error(code), { code })
    written.push(text)
  }
  return { written, writeResult, isResultLost: () => code === 'null' }
}

const secretly = (run: () => Promise<void>) => ({
  text: 'secret',
  json: { secret: 'é\u001b' },
  exitCode: 3,
  undo: { run, done: 'It is undone.', failed: 'It is lost: do it again.' },
})

describe('printOutcome()', () => {
  it('prints a result as text or as JSON, and returns its exit code', async () => {
    const run = vi.fn<() => Promise<void>>()
    const out = output()
    expect(await printOutcome(secretly(run), false, out)).toBe(3)
    expect(await printOutcome(secretly(run), true, out)).toBe(3)
    expect(out.written).toEqual(['secret\n', '{\n  "secret": "\\u00e9\\u001b"\n}\n'])
    expect(run).not.toHaveBeenCalled()
  })

  it.each([
    ['ENOSPC', 'Cannot write the result: ENOSPC. It is undone.'],
    ['EPIPE', 'Cannot write the result: EPIPE. It is undone.'],
    ['null', 'Cannot write the result: standard output leads nowhere. It is undone.'],
  ])(
    'takes back what is worth nothing when its result is lost (%s), or says what is left',
    async (code, detail) => {
      const run = vi.fn<() => Promise<void>>(() => Promise.resolve())
      const lost = printOutcome(secretly(run), false, output(code))
      await expect(lost).rejects.toMatchObject({ code: 'output-lost', detail })
      expect(run).toHaveBeenCalledTimes(1)
      const stuck = printOutcome(
        secretly(() => Promise.reject(new Error('x'))),
        false,
        output(code),
      )
      await expect(stuck).rejects.toMatchObject({
        detail: detail.replace('It is undone.', 'It is lost: do it again.'),
      })
    },
  )

  it('reads no more pieces than their reader takes', async () => {
    let read = 0
    async function* pieces() {
      for (;;) yield `${(read += 1)}\n`
    }
    const enough = output('EPIPE', 2)
    expect(await printOutcome({ pieces: pieces() }, false, enough)).toBe(0)
    expect(enough.written).toEqual(['1\n', '2\n'])
    expect(read).toBe(3)
    await expect(printOutcome({ pieces: pieces() }, false, output('EIO', 1))).toRefuse(
      'output-lost',
      /EIO\.$/,
    )
  })
})
