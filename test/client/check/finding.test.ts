import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { idsByArea } from '../../../client/check/finding.ts'

const page = readFile(new URL('../../../docs/client.md', import.meta.url), 'utf8')

describe('docs/client.md', () => {
  it('tells of every finding about clients and servers, in the order in which they are shown', async () => {
    const [, section = ''] = /^## When something is wrong$([^]*)/m.exec(await page) ?? []
    const told = [...section.matchAll(/^\| `([a-z-]+)` \| .+ \| .+ \|$/gm)].map(([, id]) => id)
    const { configuration, network, credentials, tokens, 'trust bundles': bundles } = idsByArea
    const profiles = idsByArea['VPN profiles']
    expect(told).toEqual([...configuration, ...network, ...credentials, ...tokens, ...bundles, ...profiles])
  })
})
