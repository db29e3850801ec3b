/** How much Azure's host lets through to an instance: infra/ sets it, the local host keeps to it. */
export const hostLimits = {
  /**
   * How many requests the platform gives an instance at once: the one number from which everything that is scarce is
   * shared out, and the `perInstanceConcurrency` in infra/. Sixty-four wait for tables and vaults at a tenth of a second
   * each where a processor has enough to do, so that the platform starts another instance when this one is busy, and not
   * before.
   */
  requestsAtOnce: 64,
  /**
   * The most octets of a body, as FUNCTIONS_REQUEST_BODY_SIZE_LIMIT tells it: what is larger costs the app nothing, and
   * gets a bare 500 in the place of a problem document.
   */
  bodyOctets: 64 * 1024,
} as const
