import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startAzurite } from '../local/azurite.ts'
import { freePort } from '../local/freePort.ts'
import { testAccounts } from './azurite.ts'

/** Starts one Azurite for the whole run, with an account for each test file, and stops it afterwards. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const azurite = await startAzurite({ port: await freePort(), accounts: testAccounts })
  project.provide('azuritePort', azurite.port)
  project.provide(
    'testFiles',
    globSync('test/**/*.test.ts')
      .map((file) => resolve(file))
      .sort(),
  )
  return () => azurite.stop()
}
