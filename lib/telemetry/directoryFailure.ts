import { describeCause } from '../errors/describeCause.ts'

/** Why the directory said less of a device than it could. */
export interface DirectoryFailure {
  /** `directory` for devices and their owners, or `intune`. */
  readonly part: string
  readonly cause: unknown
}

/** Tells the operator what clients are not told. It names neither user nor device. */
export const formatDirectoryFailure = ({ part, cause }: DirectoryFailure): string =>
  JSON.stringify({ event: 'directory-failed', part, cause: describeCause(cause) })
