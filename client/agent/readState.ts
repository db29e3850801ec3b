import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AgentState, noState } from './agentState.ts'

/** The name of the state beside a credential. */
export const stateFileName = 'agent.json'

type Test = (value: unknown) => boolean

/** No clock is as wrong as this, and no time is lost by adding it. */
const mostSeconds = 100 * 366 * 86_400

const isText: Test = (value) => typeof value === 'string'
const isTime: Test = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value))
const optional =
  (test: Test): Test =>
  (value) =>
    value === undefined || test(value)

/** Whether a value is an object whose members pass. */
const withMembers =
  (tests: Readonly<Record<string, Test>>): Test =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(tests).every(([name, test]) => test((value as Readonly<Record<string, unknown>>)[name]))

const isLastError = withMembers({
  code: isText,
  detail: isText,
  remedy: isText,
  isRefusal: (value) => typeof value === 'boolean',
  since: isTime,
  at: isTime,
})

const isDueHook = withMembers({
  hook: (value) => value === 'renew' || value === 'refused',
  facts: (value) => typeof value === 'object' && value !== null && Object.values(value).every(isText),
})

/** Every member that is read, so that whoever reads one finds what its type says. */
const isState = withMembers({
  version: (value) => value === 1,
  serialNumber: optional(isText),
  notBefore: optional(isTime),
  notAfter: optional(isTime),
  tenant: optional(isText),
  url: optional(isText),
  renewAt: optional(isTime),
  clockAheadSeconds: (value) => Math.abs(Number(value)) <= mostSeconds && typeof value === 'number',
  machineStartedAt: optional(isTime),
  failures: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  retryAt: optional(isTime),
  askedUntil: optional(isTime),
  lastError: optional(isLastError),
  hooksDue: optional((value) => Array.isArray(value) && value.every(isDueHook)),
  hookError: optional(isText),
})

/** Reads the state of the credential in a folder, at once: who connects waits for that. What cannot be read counts as nothing. */
export const readState = (folder: string): AgentState => {
  try {
    const document: unknown = JSON.parse(readFileSync(join(folder, stateFileName), 'utf8'))
    return isState(document) ? (document as AgentState) : noState
  } catch {
    return noState
  }
}
