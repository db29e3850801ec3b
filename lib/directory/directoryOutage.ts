import type { SuppliedFact } from '../policy/signals/factsOfDirectory.ts'

/** The part of the directory that is asked: devices and their owners, or Intune. */
export type DirectoryPart = SuppliedFact['source']

interface OutageOptions extends ErrorOptions {
  readonly retryAfterSeconds: number
}

/** What is shown to clients of an outage: the rest is for operators. */
const shownNames: Readonly<Record<DirectoryPart, string>> = { directory: 'the directory', intune: 'Intune' }

/** A part of the directory that does not say what it knows. The message is for operators, and holds nothing secret. */
export class DirectoryOutage extends Error {
  override readonly name = 'DirectoryOutage'
  readonly part: DirectoryPart
  readonly retryAfterSeconds: number

  constructor(part: DirectoryPart, message: string, { retryAfterSeconds, ...options }: OutageOptions) {
    super(message, options)
    this.part = part
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Says to clients that a part of the directory says nothing. */
export const outageText = (part: DirectoryPart): string =>
  `${shownNames[part]} does not say now what it knows of the device`
