import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import type { Answer, Sent } from '../exchange.ts'
import { enrollment, type EnrollmentChanges, type Marks } from './canaryRequests.ts'
import type { CanaryWorld } from './canaryWorld.ts'

/** Where a case takes place. */
export interface Scene {
  readonly world: CanaryWorld
  /** The name of the run, in canaries that were known before it. */
  readonly run: string
  readonly marks: Marks
  /** Sends a request, and expects the answer to be of a code. */
  readonly send: (code: RefusalCode | 'ok' | '', sent: Sent) => Promise<Answer>
}

/** Requests whose canaries nobody may tell. */
export interface CanaryCase {
  readonly name: string
  readonly play: (scene: Scene) => Promise<unknown>
}

/** What a request changes of a good one, by its canaries. */
export type Changing = (marks: Marks, scene: Scene) => EnrollmentChanges | Promise<EnrollmentChanges>

/** One request for a certificate. */
export const one = (code: RefusalCode | 'ok', name: string, changing: Changing = () => ({})): CanaryCase => ({
  name: `${code}: ${name}`,
  async play(scene) {
    const { marks, world } = scene
    await scene.send(code, await enrollment(marks, world.issuer, await changing(marks, scene)))
  },
})

/** Changes claims. */
export const withClaims =
  (claims: (marks: Marks) => Readonly<Record<string, unknown>>): Changing =>
  (marks) => ({ token: { claims: claims(marks) } })

/** Changes header members. */
export const withHeader =
  (header: (marks: Marks) => Readonly<Record<string, unknown>>): Changing =>
  (marks) => ({ token: { header: header(marks) } })

/** A NumericDate so many seconds from now. */
export const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

/** A new RSA key. */
export const rsa = (bits: number): KeyObject => generateKeyPairSync('rsa', { modulusLength: bits }).privateKey
