import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type AgentState, noState } from '../../../client/agent/agentState.ts'
import { stateFile } from '../../../client/agent/stateFile.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const at = '2026-03-02T08:00:00.000Z'
const full: Required<AgentState> = {
  version: 1,
  serialNumber: '00ff',
  notBefore: at,
  notAfter: at,
  tenant: 'contoso',
  url: 'https://mayfly.example',
  renewAt: at,
  clockAheadSeconds: -3,
  machineStartedAt: at,
  failures: 2,
  retryAt: at,
  askedUntil: at,
  lastError: { code: 'fault', detail: 'No.', remedy: 'Do.', isRefusal: false, since: at, at },
  hooksDue: [{ hook: 'renew', facts: { notAfter: at } }],
  hookError: 'ended with 3',
}

const damages: readonly (readonly [what: string, change: Readonly<Record<string, unknown>>])[] = [
  ['another version', { version: 2 }],
  ['no number of failures', { failures: undefined }],
  ['half a failure', { failures: 1.5 }],
  ['fewer failures than none', { failures: -1 }],
  ['a clock that is no number', { clockAheadSeconds: '5' }],
  ['a clock beyond all time', { clockAheadSeconds: 1e300 }],
  ['no time of a start', { machineStartedAt: 'soon' }],
  ['no time', { retryAt: 'soon' }],
  ['a number for a time', { renewAt: 5 }],
  ['null for a time', { askedUntil: null }],
  ['a number for a text', { serialNumber: 5 }],
  ['a number for a tenant', { tenant: 5 }],
  ['a number for a service', { url: 5 }],
  ['a text for an error', { lastError: 'no' }],
  ['an error without a time', { lastError: { ...full.lastError, at: undefined } }],
  ['an error that does not say what it is', { lastError: { ...full.lastError, isRefusal: 'no' } }],
  ['a text for hooks', { hooksDue: 'renew' }],
  ['an unknown hook', { hooksDue: [{ hook: 'rm', facts: {} }] }],
  ['a hook without facts', { hooksDue: [{ hook: 'renew' }] }],
  ['a hook with a fact that is no text', { hooksDue: [{ hook: 'renew', facts: { notAfter: 5 } }] }],
]

describe('stateFile()', () => {
  const write = async (text: string) => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'agent.json'), text)
    return stateFile(folder).read()
  }

  it('reads what it wrote, for the owner alone', async () => {
    const folder = await temporaryFolder()
    const file = stateFile(folder)
    expect(await file.read()).toEqual(noState)
    await file.write(full)
    expect(await file.read()).toEqual(full)
    if (process.platform !== 'win32')
      expect((await stat(join(folder, 'agent.json'))).mode & 0o777).toBe(0o600)
  })

  it.each(damages)('takes %s for no state', async (_, change) => {
    expect(await write(JSON.stringify({ ...full, ...change }))).toEqual(noState)
  })

  it('takes every beginning of a state, and what is no JSON, for no state', async () => {
    const folder = await temporaryFolder()
    await stateFile(folder).write(full)
    const text = (await readFile(join(folder, 'agent.json'), 'utf8')).trimEnd()
    for (let length = 0; length < text.length; length += 7)
      expect(await write(text.slice(0, length))).toEqual(noState)
    for (const other of ['null', '5', '[]', '"x"', '\0'.repeat(400)])
      expect(await write(other)).toEqual(noState)
  })
})
