import { X509Certificate } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startAgent } from '../cli/agent/agentProcess.ts'
import { serve } from '../client/serve.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { type LocalStack, startLocalStack } from './localStack.ts'

let stack: LocalStack
beforeAll(async () => {
  stack = await startLocalStack()
})
afterAll(() => stack.stop())

it.skipIf(process.platform === 'win32')(
  'an agent that is killed before the answer gets, at its next start, the certificate that its token bought',
  async () => {
    const folder = await temporaryFolder()
    const issued: string[] = []
    let onAnswer: (() => unknown) | undefined
    // On the way to the service itself: what is passed on may never get back.
    const way = await serve(async ({ method, path, headers, body }) => {
      const { authorization = '', accept = '' } = headers
      const type = { 'content-type': 'application/json' }
      const sent = { method: method ?? '', headers: { authorization, accept, ...type }, body }
      const response = await fetch(`${stack.url}${path}`, sent)
      const answer = (await response.json()) as { readonly serialNumber: string }
      issued.push(answer.serialNumber)
      await onAnswer?.()
      return { status: response.status, body: answer }
    })
    await writeFile(join(folder, 'token'), await stack.token())
    const hook = join(folder, 'hook')
    await writeFile(hook, `#!/bin/sh\necho "$MAYFLY_SERIAL_NUMBER" >> '${folder}/loaded'\n`)
    await chmod(hook, 0o755)
    const words = [
      '--url',
      way.url,
      '--tenant',
      'contoso',
      '--token-file',
      'token',
      '--out',
      'ada',
      '--on-renew',
      hook,
    ]
    const first = startAgent(words, folder)
    await new Promise((resolve) => {
      onAnswer = async () => resolve(await first.end('SIGKILL'))
    })
    onAnswer = undefined
    const last = startAgent(words, folder)
    await last.next({ event: 'hook-ran' })
    expect((await last.end('SIGTERM')).code).toBe(0)
    expect(issued).toHaveLength(2)
    expect(new Set(issued).size).toBe(1)
    const { serialNumber } = new X509Certificate(await readFile(join(folder, 'ada', 'certificate.pem')))
    expect(serialNumber.toLowerCase()).toBe(issued[0])
    expect((await readFile(join(folder, 'loaded'), 'utf8')).trim()).toBe(issued[0])
  },
  300_000,
)
