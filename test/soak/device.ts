import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { assembleCsr, signedBy } from '../lib/x509/fixtures/csr.ts'
import type { Purchase } from './audit.ts'
import type { MortalHost } from './mortalHost.ts'
import type { Chance } from './seeded.ts'

/** A key that asks for a certificate. */
export interface Device {
  readonly keyHash: string
  /** A DER certification request: another signature each time. */
  csr(): Uint8Array
}

/** Makes a device with a P-256 key. */
export const makeDevice = (): Device => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const keyHash = createHash('sha256').update(spki).digest('hex')
  return { keyHash, csr: () => assembleCsr(signedBy(privateKey, 'ES256')) }
}

/** What all clients together saw. */
export interface Traffic {
  requests: number
  /** Nobody listened. */
  unconnected: number
  /** The connection broke before the answer was whole. */
  cut: number
  /** How many answers there were of each status. */
  readonly answers: Map<number, number>
}

/** One request, which may be sent many times. */
export interface Wanted {
  readonly token: string
  readonly device: Device
  readonly csr: Uint8Array
  /** Where what comes of it is noted. */
  readonly purchase: Purchase
}

/** What clients send through, and with. */
export interface Line {
  readonly host: MortalHost
  readonly tenant: string
  readonly traffic: Traffic
  readonly chance: Chance
}

const patienceMilliseconds = 90_000
const passing = new Set([429, 503])

interface Answer {
  readonly status: number
  readonly body: string
}

const causeCode = (error: unknown): unknown => {
  const { cause } = error as Error
  return typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined
}

const post = async ({ host, tenant }: Line, { token, csr }: Wanted): Promise<Answer> => {
  const response = await fetch(`${host.url}/v1/${tenant}/certificates`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/pkcs10' },
    body: Buffer.from(csr),
  })
  return { status: response.status, body: await response.text() }
}

/** @returns undefined when there was no answer, or only a part of one. */
const ask = async (line: Line, wanted: Wanted): Promise<Answer | undefined> => {
  const { traffic } = line
  traffic.requests += 1
  try {
    const answer = await post(line, wanted)
    traffic.answers.set(answer.status, (traffic.answers.get(answer.status) ?? 0) + 1)
    return answer
  } catch (error) {
    traffic[causeCode(error) === 'ECONNREFUSED' ? 'unconnected' : 'cut'] += 1
    return undefined
  }
}

/** Notes an answer. @returns whether it is the last word. */
const note = ({ purchase, device: { keyHash } }: Wanted, { status, body }: Answer): boolean => {
  if (passing.has(status)) return false
  if (status === 201 || status === 200) {
    const { certificate } = JSON.parse(body) as { readonly certificate: string }
    const { raw } = new X509Certificate(certificate)
    purchase.receipts.push({ keyHash, status, body, certificate: raw })
  } else if (status === 409) purchase.replayed.add(keyHash)
  else purchase.troubles.push(`it was answered ${status}: ${body}`)
  return true
}

/** Sends a request once. @returns whether it got its last word. */
export const tryOnce = async (line: Line, wanted: Wanted): Promise<boolean> => {
  wanted.purchase.keys.add(wanted.device.keyHash)
  const answer = await ask(line, wanted)
  return answer !== undefined && note(wanted, answer)
}

/**
 * Sends a request, blindly, until it gets a certificate or a refusal. Its patience begins anew with every host: on a busy machine
 * one that is killed soon answers few.
 */
export const insist = async (line: Line, wanted: Wanted): Promise<void> => {
  const startedAt = performance.now()
  while (!(await tryOnce(line, wanted))) {
    const since = Math.max(startedAt, line.host.startedAt())
    if (performance.now() - since > patienceMilliseconds)
      return void wanted.purchase.troubles.push('a client gave up')
    // A host that was killed before it served is followed by another one.
    await line.host.serving().catch(() => undefined)
    await sleep(5 + line.chance() * 20)
  }
}
