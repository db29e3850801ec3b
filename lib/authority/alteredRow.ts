/** A row of an authority that Mayfly did not write: for the service a defect, for the CLI a reason to refuse. */
export class AlteredRow extends Error {
  override readonly name = 'AlteredRow'
}
