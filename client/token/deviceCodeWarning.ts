/** Tells what a device code is, and what it is not. */
export const deviceCodeWarning =
  'Warning: this signs in the device of the browser where the code is entered, not this one. Enter no code that somebody else sent you.'
