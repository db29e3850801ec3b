import { existsSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { statedOctets } from './statedOctets.ts'

describe.each(['mayfly-linux-x64', 'mayfly-win-x64.exe'])('the executable %s', (name) => {
  it.runIf(existsSync(`dist-cli/${name}`))('is as large as docs/client.md says, by a twentieth', async () => {
    const ratio = statSync(`dist-cli/${name}`).size / (await statedOctets(name))
    expect(Math.abs(ratio - 1)).toBeLessThan(0.05)
  })
})
