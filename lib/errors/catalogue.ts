/** One row of the catalogue: how a refusal of this code appears on the wire, and what it means to the reader. */
export interface CatalogueEntry {
  /** HTTP status code. The CLI derives its exit code from it. */
  readonly status: number
  /** RFC 9457 `title`: the same for every occurrence of the code. */
  readonly title: string
  /** What the client or administrator does about it; printed in the README. */
  readonly remedy: string
}

/** Every refusal there is. A code is stable: clients switch on it (RFC 9457 `type` is `urn:mayfly:problem:<code>`). */
export const catalogue = {
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
    remedy: 'A certification request has at most 16 KiB.',
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
  // The decision
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
  // Administration: only the CLI and the local host give these
  'usage-wrong': { status: 400, title: 'The command line is wrong', remedy: 'See `mayfly help`.' },
  'sign-in-needed': {
    status: 401,
    title: 'Nobody is signed in to Azure',
    remedy: 'Run `az login` with an account that has the rights; docs/deploy.md lists them.',
  },
  'configuration-invalid': {
    status: 422,
    title: 'The configuration is not valid',
    remedy: 'Correct the members that the detail names.',
  },
  'configuration-conflict': {
    status: 409,
    title: 'Somebody else changed this at the same time',
    remedy: 'Look at the current state, then run the command again.',
  },
  'revision-unknown': {
    status: 404,
    title: 'The tenant has no such revision',
    remedy: '`mayfly tenant history` lists them.',
  },
  'deny-refused': {
    status: 409,
    title: 'The deny list cannot be changed so',
    remedy: 'Do what the detail says first; `mayfly deny list` shows the list.',
  },
  'token-source-claimed': {
    status: 409,
    title: 'Another tenant owns this source of tokens',
    remedy: 'An (issuer, audience, tenant claim value) belongs to exactly one tenant.',
  },
  'certificate-malformed': {
    status: 422,
    title: 'A certificate cannot be read',
    remedy: 'Mayfly reads certificates as PEM or strict DER; the detail names the defect.',
  },
  'key-file-refused': {
    status: 422,
    title: 'The key file cannot be used',
    remedy: 'A key file is a regular PKCS#8 PEM file of mode 0600, readable by its owner alone.',
  },
  'certificate-refused': {
    status: 422,
    title: 'A certificate that was made elsewhere cannot be taken in',
    remedy:
      'docs/operations.md says what the certificate of an offline root, or one that it signs, must hold.',
  },
  'secret-file-refused': {
    status: 422,
    title: 'The secret file cannot be used',
    remedy: 'A secret file is a regular file of mode 0600, readable by its owner alone: chmod 600 FILE.',
  },
  'output-lost': {
    status: 500,
    title: 'The result could not be written',
    remedy:
      'See where standard output leads, such as to a full disk. The command did its work, but for what the detail takes back.',
  },
  'issuance-unknown': {
    status: 404,
    title: 'The ledger holds no such certificate',
    remedy:
      'Check the tenant and the serial number. A certificate that an issuer signed and that the ledger should hold is an alarm: docs/audit.md.',
  },
  'generation-unknown': {
    status: 404,
    title: 'The tenant has no such root or issuer',
    remedy: '`mayfly authority status` lists them.',
  },
  'transition-refused': {
    status: 409,
    title: 'The authority cannot be changed so now',
    remedy:
      '`mayfly authority status` tells the next step; `--force` accepts what the detail says would break.',
  },
  'anchors-refused': {
    status: 409,
    title: 'No root that is known here vouches for the authority',
    remedy:
      'Give the SHA-256 of a root with `--anchor`: from whoever ran `mayfly authority init`, or from a server that installed the bundle; never from the table.',
  },
  'authority-altered': {
    status: 409,
    title: 'The authority is not what a trusted root signed',
    remedy:
      'Nothing was changed or signed. Somebody wrote to the table authorities beside the CLI: docs/operations.md, "Rows that nobody signed", tells how to put it right.',
  },
  'vaults-shared': {
    status: 409,
    title: 'Roots and issuers share a vault',
    remedy:
      'Name two vaults in `keys.vault.rootUrl` and `keys.vault.issuerUrl` (and `--vault`), the app with rights on that of the issuers alone.',
  },
  'clock-differs': {
    status: 409,
    title: 'The clock of this machine is wrong, or that of the tables',
    remedy: 'Set the clock of this machine by NTP, then run the command again: nothing was changed.',
  },
  'key-mismatch': {
    status: 409,
    title: 'The key does not belong to the certificate',
    remedy: 'Restore the key that the key reference names, or stage another root or issuer.',
  },
  'confirmation-needed': {
    status: 400,
    title: 'The change was not confirmed',
    remedy: 'Look at the plan (`--dry-run`), then run the command again with `--yes`.',
  },
  'relying-party-unknown': {
    status: 404,
    title: 'The tenant has no such relying party',
    remedy: '`mayfly relying-party list` lists them.',
  },
  'trust-bundle-refused': {
    status: 422,
    title: 'The trust bundle cannot be trusted',
    remedy:
      'Fetch it again, from the service itself: a mirror may be stale or altered. The installed bundle stays.',
  },
  'folder-busy': {
    status: 503,
    title: 'Another process uses the folder',
    remedy: 'Try again; the folder of a trust bundle is for one tenant, and for one agent.',
  },
  'deployment-unknown': {
    status: 404,
    title: 'The deployment is unknown',
    remedy: 'Start one with `npm start`, or name it with `--deployment`.',
  },
  'service-refused': {
    status: 403,
    title: 'The service refused the request',
    remedy: 'The problem document of the service tells why.',
  },
  'service-unavailable': {
    status: 503,
    title: 'The service does not answer',
    remedy: 'Check the URL and that the service runs, then try again.',
  },
  'service-not-reached': {
    status: 503,
    title: 'Something other than the service answered',
    remedy:
      'A captive portal (open the URL in a browser and sign in), a proxy or gateway on the way, or a host without its functions: `mayfly doctor` tells. Then try again.',
  },
  'service-untrusted': {
    status: 422,
    title: 'The server is not trusted',
    remedy:
      'Check the URL and the clock. Where a proxy inspects TLS, or the authority is your own, name it with `--ca` or NODE_EXTRA_CA_CERTS. Trying again does not help.',
  },
  'service-answer-invalid': {
    status: 502,
    title: 'The answer of the service makes no sense',
    remedy: 'Check that the URL is that of a Mayfly service; then report the detail.',
  },
} as const satisfies Record<string, CatalogueEntry>

/** The closed set of refusal codes. */
export type RefusalCode = keyof typeof catalogue
