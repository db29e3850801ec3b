import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createBundleWorld } from './client/bundleWorld.ts'
import { serve } from './client/serve.ts'
import { temporaryFolder } from './local/temporaryFolder.ts'
import { blocksIn, projectFile } from './pages.ts'

const [commands = ''] = blocksIn('sh', projectFile('docs/trust-bundle.md'))

/** Runs the commands of the document, against a service that serves this. */
const verify = async (jws: string, anchor: string) => {
  const { url } = await serve(() => ({ body: jws }))
  const folder = await temporaryFolder()
  const script = commands.replace('http://127.0.0.1:7071', url)
  const run = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { ...process.env, anchor },
  })
  const said = await run.then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => `refused ${error.stdout}`,
  )
  return { said, json: await readFile(join(folder, 'trust.json'), 'utf8').catch(() => undefined) }
}

describe('docs/trust-bundle.md', () => {
  it('verifies a bundle with openssl alone, and refuses another signature, content or anchor', async () => {
    await using world = await createBundleWorld()
    const { digest } = world.root(1)
    expect(await verify(world.jws, digest)).toEqual({ said: 'Verified OK\n', json: world.json })
    const [header = '', content = '', signature = ''] = world.jws.split('.')
    const other = (text: string) => `${text.slice(0, 40)}${text[40] === 'A' ? 'B' : 'A'}${text.slice(41)}`
    for (const [jws, anchor] of [
      [`${header}.${other(content)}.${signature}`, digest],
      [`${header}.${content}.${other(signature)}`, digest],
      [world.jws, world.root(2).digest],
    ] as const) {
      const { said, json } = await verify(jws, anchor)
      expect(said).toMatch(/^refused/)
      expect(json).toBeUndefined()
    }
  })
})
