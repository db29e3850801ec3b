import type { SigningIds } from './signingIds.ts'

/** The stages of a request that are measured, in the order of the story. */
export const stageNames = [
  'turn',
  'tenant',
  'token',
  'csr',
  'denyList',
  'decide',
  'lookUp',
  'sign',
  'record',
  'refusal',
] as const

/** One stage. */
export type StageName = (typeof stageNames)[number]

/** Follows one request: what took how long, and whose it was. */
export interface Trace {
  /** The host's id of the request; it is in the log line, in the problem document and in the audit trail. */
  readonly invocationId: string
  /** Runs a stage, and measures it until what it returns is settled. */
  stage<T>(name: StageName, run: () => T): T
  /** Tells the tenant, once it is known to be one: what strangers ask for is no label. */
  tenant(id: string): void
  /** Tells which signature the request bought. */
  signed(ids: SigningIds): void
}

/** Follows nothing: for whoever has no request. */
export const untraced: Trace = {
  invocationId: '',
  stage: (_, run) => run(),
  tenant: () => undefined,
  signed: () => undefined,
}
