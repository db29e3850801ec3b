import type { Members } from '../../tenants.ts'
import type { DeviceKey } from '../../world.ts'
import type { Asking, EvidenceWorld } from './evidenceWorld.ts'

/** What a case is presented with. */
export interface Presenting extends Pick<EvidenceWorld, 'posture' | 'azure' | 'eat' | 'stranger' | 'site'> {
  /** The key of the request. */
  readonly key: DeviceKey
}

/** One request, and what it has to get: stated before it was ever sent. */
export interface EvidenceCase {
  readonly tenant: string
  /** Said of the evidence: `expired`, `of another device`. */
  readonly evidence: string
  readonly present: (presenting: Presenting) => Promise<Partial<Asking>> | Partial<Asking>
  readonly status: number
  /** `ok` with a certificate. */
  readonly code: string
  /** Words of the refusal's detail. */
  readonly words: string
  /** What some settings that fail are told to be, by their names, without the age. */
  readonly settings: Readonly<Record<string, string>>
}

/** What most rows of a table have. */
export type EvidenceRow = readonly [
  evidence: string,
  present: EvidenceCase['present'],
  code: string,
  words?: string,
  settings?: EvidenceCase['settings'],
]

const statuses: Readonly<Record<string, number>> = { ok: 201, 'token-keys-unavailable': 503 }

/** Reads the rows of a table of one tenant: what is refused is a 403, unless it is an outage. */
export const casesOf = (tenant: string, rows: readonly EvidenceRow[]): readonly EvidenceCase[] =>
  rows.map(([evidence, present, code, words = '', settings = {}]) => ({
    tenant,
    evidence,
    present,
    code,
    status: statuses[code] ?? 403,
    words,
    settings,
  }))

/** Claims of a compliance token that names no device. */
export const noDevice: Members = { device_id: undefined }
