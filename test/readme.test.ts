import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fencesOf, projectFile, type ReadersCopy, readersCopy } from './readersCopy.ts'

const readme = await projectFile('README.md')
const fences = fencesOf(readme)

// The commands are written for a POSIX shell.
describe.skipIf(process.platform === 'win32')('the commands of the README', () => {
  let copy: ReadersCopy

  beforeAll(async () => {
    copy = await readersCopy()
  })

  afterAll(() => copy[Symbol.asyncDispose]())

  it('are two for the set-up: one runs the service, one the tests', () => {
    expect(fences.slice(0, 2)).toEqual(['npm ci && npm start', 'npm ci && npm test'])
    expect(fences.length).toBeGreaterThanOrEqual(5)
  })

  it('run as they stand, one after the other, against the service of the first', async () => {
    await copy.start()
    for (const commands of fences.slice(2)) await copy.shell(commands)
    const shown = await copy.shell('openssl x509 -in ada/certificate.pem -noout -ext extendedKeyUsage')
    expect(shown.stdout).toContain('1.3.6.1.4.1.311.87')
  }, 400_000)

  it('are run by .ci/run as well where they set the project up', async () => {
    const ci = await projectFile('.ci/run')
    expect(ci).toContain('npm ci')
    expect(ci).toContain('npm test')
  })
})

it('every dependency has its line in the README', async () => {
  const { dependencies, devDependencies } = JSON.parse(await projectFile('package.json')) as {
    dependencies: Record<string, string>
    devDependencies: Record<string, string>
  }
  for (const name of Object.keys({ ...dependencies, ...devDependencies }))
    expect(readme).toContain(`\`${name}\``)
})
