/** How the time of one request is shared out, in milliseconds. */
export interface RequestTimes {
  /** The longest a request may take. */
  readonly requestMilliseconds: number
  /** The longest one call of the tables may take, retries included. */
  readonly tablesMilliseconds: number
  /** The longest that is waited for what tells of the device beside the compliance token. */
  readonly evidenceMilliseconds: number
  /** The longest one issuer may take to sign before the next is asked. */
  readonly signMilliseconds: number
  /** The longest the directory may take to tell of a device. */
  readonly directoryMilliseconds: number
  /** The longest one request to it may take, its token included. */
  readonly directoryCallMilliseconds: number
  /** Kept for recording: nothing is signed that could not be recorded any more. */
  readonly recordMilliseconds: number
  /** The longest a client waits for the record of its refusal. */
  readonly refusalMilliseconds: number
  /** Kept for the answer: whoever waited for a part in vain can still say which. */
  readonly answerMilliseconds: number
}

/** How long a request may take unless the settings say otherwise, in seconds. */
export const defaultRequestSeconds = 10

/** Shares out the time of a request: an issuer that does not answer leaves enough for another, and for recording. */
export const requestTimes = (requestSeconds = defaultRequestSeconds): RequestTimes => {
  const requestMilliseconds = requestSeconds * 1000
  const percent = (part: number) => Math.floor((part * requestMilliseconds) / 100)
  return {
    requestMilliseconds,
    tablesMilliseconds: percent(30),
    evidenceMilliseconds: percent(40),
    signMilliseconds: percent(35),
    directoryMilliseconds: percent(40),
    directoryCallMilliseconds: percent(20),
    recordMilliseconds: percent(15),
    refusalMilliseconds: percent(10),
    answerMilliseconds: percent(2),
  }
}
