import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, type RunOptions, testDeployment } from '../runCommand.ts'
import { findingsOf } from './expectFindings.ts'

const signature = Buffer.from('canary').toString('base64url')

/** A token that nobody signed. */
export const unsignedToken = (claims: Readonly<Record<string, unknown>> = {}): string => {
  const now = Math.floor(Date.now() / 1000)
  const whole = { iss: 'https://login.example', aud: 'api://mayfly', iat: now, exp: now + 600, ...claims }
  const signed = ['{}', JSON.stringify(whole)].map((part) => Buffer.from(part).toString('base64url'))
  return [...signed, signature].join('.')
}

/** Lets a test end with the environment as it was. */
export const withVariables = (variables: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

/** Runs `mayfly doctor` on what an agent keeps: it shows no token. */
export const examine = async (
  folder: string,
  words: readonly string[],
  {
    now = () => new Date(),
    variables = {},
  }: Pick<RunOptions, 'variables'> & { readonly now?: () => Date } = {},
) => {
  const outcome = await runCommand(['doctor', ...words], testDeployment(folder), { now, variables })
  expect(JSON.stringify(outcome)).not.toContain(signature)
  return { ...outcome, findings: findingsOf(outcome) }
}

/** A client with a token file, of a service. */
export const clientOf = async (url: string) => {
  const folder = await temporaryFolder()
  const [out, token] = [join(folder, 'ada'), join(folder, 'ada.jwt')]
  await writeFile(token, unsignedToken())
  const words = ['--client', '--url', url, '--tenant', 'contoso', '--out', out]
  const fromFile = ['--token-file', token]
  return {
    folder,
    out,
    token,
    words,
    examine: (more: readonly string[] = [], now?: () => Date) =>
      examine(
        folder,
        [...words, ...(more.some((word) => word.startsWith('--token')) ? [] : fromFile), ...more],
        now && { now },
      ),
  }
}
