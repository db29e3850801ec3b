import { join } from 'node:path'

/**
 * The path of a program of Windows, which would else be looked for in the folder of whoever calls first.
 * @param path beneath the folder of the system, such as `rundll32.exe`.
 */
export const systemProgram = (
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): string => {
  const root = environment['SystemRoot'] ?? environment['SYSTEMROOT']
  const parts = path.split('/')
  return root === undefined ? (parts.at(-1) ?? path) : join(root, 'System32', ...parts)
}
