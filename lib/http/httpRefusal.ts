import type { RefusalCode } from '../errors/catalogue.ts'
import { Refusal } from '../errors/refusal.ts'

/** What a refusal tells over HTTP beside its code and detail. */
export interface Advice {
  /** Header fields, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** The media types a path offers: a member of the problem document, RFC 9457 section 3.2. */
  readonly offers?: readonly string[]
}

/** A refusal whose answer advises the client what to send instead. */
export class HttpRefusal extends Refusal {
  readonly advice: Advice

  constructor(code: RefusalCode, detail: string, advice: Advice) {
    super(code, detail)
    this.advice = advice
  }
}
