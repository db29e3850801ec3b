import { systemProgram } from '../systemProgram.ts'

/** What starts a hook. */
interface HookProgram {
  readonly program: string
  readonly arguments?: readonly string[]
}

/**
 * Tells how a hook is started. Windows starts no script by itself, and PowerShell one only where the policy of the machine lets
 * it, unless it is told to.
 */
export const hookProgram = (
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): HookProgram => {
  if (platform !== 'win32' || !/\.ps1$/i.test(file)) return { program: file }
  return {
    program: systemProgram('WindowsPowerShell/v1.0/powershell.exe', environment),
    arguments: ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', file],
  }
}
