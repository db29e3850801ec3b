/** Refusals by policies, and for want of evidence that they ask for. */
export const decisionRefusals = {
  'device-not-compliant': {
    status: 403,
    title: 'The device is not known to be compliant',
    remedy: 'Make the device compliant, then get a fresh token.',
  },
  denied: {
    status: 403,
    title: 'An administrator stopped the user, the device or the key',
    remedy: 'Ask the administrator; `mayfly deny list` tells who stopped it, and until when.',
  },
  'claims-challenge': {
    status: 401,
    title: 'The token lacks an authentication context',
    remedy: 'Answer the claims challenge of WWW-Authenticate with a new sign-in.',
  },
  'sign-in-insufficient': {
    status: 401,
    title: 'The sign-in is not strong or not fresh enough',
    remedy:
      'Sign in again as `acr_values` or `max_age` of WWW-Authenticate ask (RFC 9470), and send the new token; `mayfly enroll --token-command` hands them to the command.',
  },
  'policy-not-satisfied': {
    status: 403,
    title: 'A conditional-access policy of the tenant is not satisfied',
    remedy:
      'The problem document names the policies, and what each lacks; docs/conditional-access.md tells what proves it.',
  },
  // Evidence about the device
  'posture-refused': {
    status: 403,
    title: 'The posture token does not count',
    remedy:
      'Get a fresh one for this device, of the issuer and the audience that the tenant is configured with.',
  },
  'attestation-refused': {
    status: 403,
    title: 'The attestation does not count',
    remedy:
      'Get a fresh one for this device, of a service and of a policy that the tenant is configured with.',
  },
  'attestation-unbound': {
    status: 403,
    title: 'The attestation vouches for another key',
    remedy:
      'Ask for an attestation whose nonce is the SHA-256 of the SubjectPublicKeyInfo of the request, and send it with that request.',
  },
  'directory-unavailable': {
    status: 503,
    title: 'The directory does not tell what it knows of the device',
    remedy:
      'Try again after Retry-After; a retry with the same token and key is safe while the token is good. Administrators: the log of the service says why.',
  },
} as const
