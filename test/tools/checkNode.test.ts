import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))

/** Runs the check as a Node.js of this version would. */
const checkAs = (version: string) => {
  const pretend = `
    Object.defineProperty(process, 'version', { value: 'v${version}' })
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`
  const args = ['--import', preload, path('tools/checkNode.mjs')]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return { status, stdout, stderr }
}

it.each(['22.18.0', '22.19.1', '23.0.0', '24.21.0', '100.0.0'])(
  'checkNode lets Node.js %s pass in silence',
  (version) => {
    expect(checkAs(version)).toEqual({ status: 0, stdout: '', stderr: '' })
  },
)

it.each(['22.17.1', '22.0.0', '20.19.5', '8.17.0'])(
  'checkNode stops Node.js %s with one clear line',
  (version) => {
    const { status, stdout, stderr } = checkAs(version)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(
      new RegExp(`^Mayfly needs Node\\.js 22\\.18 or newer, this is v${version}\\. .*npm ci.*\n$`),
    )
  },
)

it('checkNode wants the version that package.json names', () => {
  const { engines } = JSON.parse(readFileSync(path('package.json'), 'utf8')) as { engines: { node: string } }
  expect(engines.node).toBe('>=22.18.0')
})
