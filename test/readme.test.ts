import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fencesOf, projectFile, type ReadersCopy, readersCopy } from './readersCopy.ts'

const fences = fencesOf(await projectFile('README.md'))
const tour = fencesOf(await projectFile('docs/tour.md'))

// The commands are written for a POSIX shell.
describe.skipIf(process.platform === 'win32')('the commands of the README and of the tour', () => {
  let copy: ReadersCopy

  beforeAll(async () => {
    copy = await readersCopy()
  })

  afterAll(() => copy[Symbol.asyncDispose]())

  it('are two for the set-up: one runs the service, one the tests', () => {
    expect(fences.slice(0, 2)).toEqual(['npm ci && npm start', 'npm ci && npm test'])
    expect([fences.length, tour.length]).toEqual([5, 7])
  })

  it('run as they stand, one after the other, against the service of the first', async () => {
    await copy.start()
    for (const commands of [...fences.slice(2), ...tour]) await copy.shell(commands)
    const shown = await copy.shell('openssl x509 -in ada/certificate.pem -noout -ext extendedKeyUsage')
    expect(shown.stdout).toContain('1.3.6.1.4.1.311.87')
  }, 400_000)

  it('are run by .ci/run as well where they set the project up', async () => {
    const ci = await projectFile('.ci/run')
    expect(ci).toContain('npm ci')
    expect(ci).toContain('npm test')
  })
})
