import { decisionRefusals } from './decisionRefusals.ts'

/** Refusals that the service answers with; the CLI and the local host may give them too. */
export const serviceRefusals = {
  // The request as HTTP
  'request-malformed': {
    status: 400,
    title: 'The request is malformed',
    remedy: 'Send what the API table describes.',
  },
  'authorization-ambiguous': {
    status: 400,
    title: 'More than one credential was sent',
    remedy: 'Send exactly one Authorization header.',
  },
  'not-found': { status: 404, title: 'There is nothing at this path', remedy: 'Check the path.' },
  'method-not-allowed': {
    status: 405,
    title: 'The method is not allowed here',
    remedy: 'Use a method of the Allow header.',
  },
  'not-acceptable': {
    status: 406,
    title: 'No acceptable representation',
    remedy: 'Ask for a media type that the detail lists.',
  },
  'length-required': {
    status: 411,
    title: 'The length of the body is not said',
    remedy: 'Send the body whole, with Content-Length: what is sent in chunks does not arrive.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    remedy: 'A certification request has at most 16 KiB, as has each token about the device.',
  },
  'media-type-unsupported': {
    status: 415,
    title: 'The media type or coding of the body is not supported',
    remedy: 'Use what the detail and the Accept or Accept-Encoding header list.',
  },
  'token-too-large': {
    status: 431,
    title: 'The compliance token is too large',
    remedy: 'Ask the token issuer for fewer claims: 16 KiB is the limit for the whole header.',
  },
  // Tenants
  'tenant-unknown': {
    status: 404,
    title: 'The tenant is unknown',
    remedy: 'Check the tenant in the URL; `mayfly tenant apply` creates one.',
  },
  // The compliance token
  'token-missing': {
    status: 401,
    title: 'A compliance token is required',
    remedy: 'Send `Authorization: Bearer <compliance token>`.',
  },
  'token-malformed': {
    status: 401,
    title: 'The compliance token is malformed',
    remedy: 'Send an unencrypted JWT in JWS compact serialization.',
  },
  'token-issuer-unknown': {
    status: 401,
    title: 'The tenant does not trust this token issuer',
    remedy: 'Get the token from an issuer the tenant is configured for.',
  },
  'token-version-refused': {
    status: 401,
    title: 'The token is a v1 token of Microsoft Entra',
    remedy: "Set requestedAccessTokenVersion to 2 in the manifest of the API's app registration.",
  },
  'token-algorithm-refused': {
    status: 401,
    title: 'The token is signed with an algorithm that is not allowed',
    remedy: 'Have the issuer sign with an algorithm the tenant lists.',
  },
  'token-key-unknown': {
    status: 401,
    title: 'The token is signed with an unknown key',
    remedy: 'The issuer does not publish the key `kid` names: get a fresh token.',
  },
  'token-signature-invalid': {
    status: 401,
    title: 'The signature of the token does not verify',
    remedy: 'The token was altered or forged: get a fresh one.',
  },
  'token-type-refused': {
    status: 401,
    title: 'The token is not a delegated access token',
    remedy: 'Send an access token for the user; ID tokens and app-only tokens are refused.',
  },
  'token-audience-wrong': {
    status: 401,
    title: 'The token was issued for another audience',
    remedy: 'Ask for a token for the one audience the tenant is configured with.',
  },
  'token-tenant-mismatch': {
    status: 401,
    title: 'The token belongs to another tenant',
    remedy: 'Use the URL of the tenant the user belongs to.',
  },
  'token-client-refused': {
    status: 401,
    title: 'The token was issued to a client that is not allowed',
    remedy: 'Use a client application the tenant lists.',
  },
  'token-scope-missing': {
    status: 403,
    title: 'The token lacks the required scope',
    remedy: 'Ask for the scope the tenant is configured with.',
  },
  'token-claim-invalid': {
    status: 401,
    title: 'A claim is missing or has the wrong type',
    remedy: 'Have the issuer add the claim that the detail names.',
  },
  'token-expired': {
    status: 401,
    title: 'The token has expired',
    remedy: 'Get a fresh token, also to repeat a request: its key may stay.',
  },
  'token-not-yet-valid': {
    status: 401,
    title: 'The token is not valid yet',
    remedy: 'Check the clocks of token issuer and Mayfly.',
  },
  'token-too-old': {
    status: 401,
    title: 'The token is too old',
    remedy: 'Get a fresh token; caches of token libraries must be bypassed.',
  },
  'token-lifetime-too-long': {
    status: 401,
    title: 'The token lives too long',
    remedy: 'Configure the issuer for a lifetime of at most 28 hours.',
  },
  'key-binding-mismatch': {
    status: 401,
    title: 'The token is bound to another key',
    remedy: 'Make the request with the key that `cnf.jkt` names.',
  },
  'token-spent': {
    status: 401,
    title: 'The token has already bought its certificate',
    remedy: 'Get a fresh token: the recorded certificate is due for renewal.',
  },
  'token-replayed': {
    status: 409,
    title: 'The token was spent on another key',
    remedy: 'Get a fresh token for each new key.',
  },
  'upn-refused': {
    status: 403,
    title: 'The user principal name is not allowed',
    remedy: 'Only names under the suffixes the tenant lists get certificates.',
  },
  'sid-refused': {
    status: 403,
    title: 'The security identifier is not allowed',
    remedy: "List the domain of the user, or check the issuer's SID claim.",
  },
  // The certification request
  'csr-malformed': {
    status: 400,
    title: 'The certification request is malformed',
    remedy: 'Send one PKCS#10 request as PEM, DER or base64; the detail names what came instead.',
  },
  'csr-key-refused': {
    status: 400,
    title: 'The key of the certification request is not accepted',
    remedy: 'Use EC P-256 or P-384, RSA of 2048 to 4096 bits with e = 65537, or Ed25519.',
  },
  'csr-signature-invalid': {
    status: 400,
    title: 'The certification request does not prove possession of its key',
    remedy:
      'Sign the request with the key it contains: ECDSA or RSA (PKCS #1 v1.5) with SHA-256 or more, or Ed25519.',
  },
  ...decisionRefusals,
  // The trust bundle
  'relying-party-refused': {
    status: 401,
    title: 'The relying party is not known by this name and secret',
    remedy: 'Use the name and the secret that `mayfly relying-party add` printed.',
  },
  'bundle-unknown': {
    status: 404,
    title: 'No trust bundle of the tenant has this digest',
    remedy:
      'Report the SHA-256 of the octets of a file that this service published: trust.json, .jws, .pem or .p7b.',
  },
  'certificate-unknown': {
    status: 404,
    title: 'The trust bundle holds no certificate with this digest',
    remedy: 'Fetch trust.json: it lists the digests. Roots whose keys are offline sign no bundle.',
  },
  // Parts that are down
  'subject-busy': {
    status: 429,
    title: 'Too many requests of one user or relying party are under way',
    remedy: 'Try again after Retry-After, one request at a time.',
  },
  overloaded: {
    status: 503,
    title: 'There are more requests than can be served now',
    remedy:
      'Try again after Retry-After; a retry with the same token and key is safe while the token is good.',
  },
  'not-configured': {
    status: 503,
    title: 'The service is not set up',
    remedy:
      'Administrators: the log of the service names the setting that is missing or wrong. Set it and restart.',
  },
  'tables-unavailable': {
    status: 503,
    title: 'The tables do not answer',
    remedy:
      'Try again after Retry-After; a retry with the same token and key is safe while the token is good.',
  },
  'token-keys-unavailable': {
    status: 503,
    title: 'The keys of the token issuer cannot be fetched',
    remedy: 'Try again after Retry-After.',
  },
  'issuer-unavailable': {
    status: 503,
    title: 'No issuer can sign now',
    remedy: '`mayfly authority init` creates the first; an issuer must outlive the certificate.',
  },
  'bundle-unverified': {
    status: 503,
    title: 'The trust bundle in the tables does not verify',
    remedy: 'An administrator runs `mayfly doctor`: somebody wrote to the table authorities beside the CLI.',
  },
  'signer-unavailable': {
    status: 503,
    title: 'The signing key does not answer',
    remedy: 'Try again after Retry-After; administrators check the key provider.',
  },
  'signer-refused': {
    status: 503,
    title: 'The signing key refuses to sign',
    remedy:
      'Administrators mend the key: it exists, is enabled and within its dates, and the caller may sign with it. Then try again.',
  },
  // Our own defects
  'lint-failed': {
    status: 500,
    title: 'A certificate that breaks its profile was not signed',
    remedy: 'This is a defect of Mayfly: report the detail.',
  },
  'signature-unverified': {
    status: 500,
    title: "A signature does not verify with the issuer's key",
    remedy:
      'The issuer certificate and its key do not belong together: run `mayfly authority init` anew or restore the key.',
  },
  fault: {
    status: 500,
    title: 'Something went wrong inside Mayfly',
    remedy: 'Give the detail to the operator: the log line of its incident id explains it.',
  },
} as const
