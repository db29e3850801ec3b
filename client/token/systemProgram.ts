import { win32 } from 'node:path'
import type { Environment } from './printedToken.ts'

/** The path of a program of Windows, which would else be looked for in the folder of whoever calls first. */
export const systemProgram = (program: string, environment: Environment): string => {
  const root = environment['SystemRoot'] ?? environment['SYSTEMROOT']
  return root === undefined ? program : win32.join(root, 'System32', program)
}
