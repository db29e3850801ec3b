import type { LoadRequest } from '../../test/e2e/sendRequests.ts'

/** A server that runs on the core of servers. */
export interface Server extends AsyncDisposable {
  readonly url: string
  readonly pid: number
}

/** A server, and what it is asked for. */
export interface Contender {
  readonly name: string
  readonly server: Server
  /** Makes requests no two of which are the same: each has a token of its own where the server takes one. */
  makeRequests(count: number): Promise<readonly LoadRequest[]>
  /** What each request must be answered. */
  readonly status: string
  /** Counts what the server allocates from the beginning of a round, where it can tell. */
  readonly allocations?: {
    begin(): Promise<unknown>
    /** Octets of the V8 heap. */
    end(): Promise<number>
  }
}

/** A contender that runs until it is disposed of. */
export interface RunningContender extends Contender, AsyncDisposable {}
