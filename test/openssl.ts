import { spawnSync } from 'node:child_process'

/**
 * Runs the openssl program, which the tests take as an independent judge.
 * @param input what it reads from its standard input, where most commands look when no `-in` names a file.
 * @returns what it writes to its standard output.
 * @throws {Error} with its standard error when it fails, and when it is not installed: no test is skipped for that.
 */
export const openssl = (args: readonly string[], input: string | Uint8Array = ''): Buffer => {
  const env = { ...process.env, LC_ALL: 'C' }
  const { error, status, stdout, stderr } = spawnSync('openssl', args, { input, env })
  if (error) {
    throw new Error('Cannot run openssl: install OpenSSL 3.0 or later and put it on the PATH.', {
      cause: error,
    })
  }
  if (status !== 0) throw new Error(`openssl ${args.join(' ')} ended with ${status}: ${stderr.toString()}`)
  return stdout
}
