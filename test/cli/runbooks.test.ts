import { describe, expect, it } from 'vitest'
import { projectFile } from '../pages.ts'
import { day, withAuthority } from './withAuthority.ts'

const page = projectFile('docs/operations.md')

/** What stands below a heading as commands that take days. */
const runbook = (heading: string): readonly string[] => {
  const [, section = ''] = page.split(`## ${heading}\n`)
  const [, block = ''] = /^```text\n([^`]*)^```/m.exec(section.split('\n## ')[0] ?? '') ?? []
  return block.trim().split('\n')
}

/** What the comments say has to pass before a command. */
const waits: readonly (readonly [RegExp, number])[] = [
  [/# until /, 7 * day],
  [/# a day later/, 1.1 * day],
]

describe('the commands of docs/operations.md that take days', () => {
  it.each([
    [
      'Routine: the next issuer',
      'root~0001 active, root~0002 staged, issuer~0001 retired, issuer~0002 active',
    ],
    [
      'Routine: the next root',
      'root~0001 retired, root~0002 active, root~0003 staged, issuer~0001 retired, issuer~0002 active',
    ],
  ])('%s', async (heading, expected) => {
    const bench = await withAuthority()
    const lines = runbook(heading)
    expect(lines.length).toBeGreaterThan(4)
    let after = 0
    for (const line of lines) {
      after += waits.find(([comment]) => comment.test(line))?.[1] ?? 0
      const words = line
        .replace(/#.*/, '')
        .replace(/^mayfly /, '')
        .replace(' --tenant contoso', '')
        .trim()
      const { text } = await bench.run(words, { after, answer: true })
      if (/# until it says "activate"/.test(line)) expect(text).toContain('activate')
    }
    const { json } = await bench.run('authority status', { after })
    const { generations } = json as {
      readonly generations: readonly { readonly id: string; readonly state: string }[]
    }
    const states = generations.map(({ id, state }) => `${id} ${state}`)
    expect(states.toSorted()).toEqual(expected.split(', ').toSorted())
  })
})
