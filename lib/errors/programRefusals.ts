/** Refusals that only the CLI, the client and the local host give. */
export const programRefusals = {
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
  'name-unresolved': {
    status: 503,
    title: 'A name of the profile cannot be resolved',
    remedy:
      'Try again where the name is known; a profile is not written without a route that it should have.',
  },
  'list-unavailable': {
    status: 503,
    title: 'A list of networks cannot be had',
    remedy:
      'Do what the detail says, or try again; a profile is not written without an exclusion that it should have.',
  },
  'profile-not-applied': {
    status: 503,
    title: 'A VPN profile did not come into force',
    remedy:
      'Do what the detail says; it tells which profile is in force. `mayfly profile watch` tries again when what is wanted or what is installed changes.',
  },
  'policies-invalid': {
    status: 422,
    title: 'The policies are not valid',
    remedy:
      'Correct what the detail names, and put named locations into force before the policies that refer to them; `mayfly policy check -f FILE` tells all of it, and changes nothing.',
  },
  'policy-unknown': {
    status: 404,
    title: 'The tenant has no such policy',
    remedy: '`mayfly policy list` lists them, and `mayfly compliance list` compliance policies.',
  },
  'location-unknown': {
    status: 404,
    title: 'The tenant has no such named location',
    remedy: '`mayfly location list` lists them.',
  },
  'last-policy': {
    status: 409,
    title: 'The tenant would be left without its policies',
    remedy: 'Apply others in their place, or accept with `--force` that less is asked for.',
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
  'key-provider-failed': {
    status: 503,
    title: 'The keeper of keys does not answer',
    remedy:
      'See that the TPM is there and this user may use it (group tss), and that openssl has its provider: `openssl list -providers -provider tpm2`. A token is listed, with what it says of its PIN, by `pkcs11-tool --module FILE --list-token-slots`.',
  },
  'certificate-store-refused': {
    status: 422,
    title: 'The certificate store of this platform cannot be used',
    remedy:
      'Do what the detail says. On Windows, PowerShell and certreq must be allowed to this user, and the root of the tenant be among the trusted roots; on macOS, the keychain must be unlocked.',
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
  'refusal-unknown': {
    status: 404,
    title: 'No such refusal is recorded',
    remedy:
      'Check the tenant and the invocation. Refusals are recorded best effort, and only those of authentic tokens; the log of the service has every one.',
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
  'trust-not-loaded': {
    status: 503,
    title: 'Servers did not load the trust bundle',
    remedy:
      'Run the hook by hand and read what it says; it is run again with the next look. `sync.json` tells which files servers have.',
  },
  'sessions-unknown': {
    status: 503,
    title: 'A VPN server does not tell its sessions',
    remedy:
      'See that the server runs, and that nobody else talks to its socket; `[bundles.guard]` names it. What should end ends once the server answers.',
  },
  'file-in-use': {
    status: 503,
    title: 'Another program has a file open',
    remedy: 'Run the command again; a server that keeps the file open for good must be told to let it go.',
  },
  'path-shared': {
    status: 422,
    title: 'Others can write to what an agent relies on',
    remedy:
      'Let the file, and the folders that lead to it, belong to the user of the agent or root, writable by nobody else: chmod go-w PATH.',
  },
  'path-unwritable': {
    status: 422,
    title: 'A folder cannot be written to',
    remedy:
      'Let the folder belong to the user of the agent, or name another. A service writes where its unit lets it: see "Running it as a service" in docs/client.md.',
  },
  'install-refused': {
    status: 422,
    title: 'The agent cannot be installed as a service so',
    remedy:
      'Do what the detail says; `mayfly agent install --dry-run` shows what would be written and run, and changes nothing.',
  },
  'service-foreign': {
    status: 409,
    title: 'Somebody else wrote or changed what a service is installed by',
    remedy:
      'Look at it, and move it away; what is to differ from what is installed belongs into a drop-in (`systemctl edit mayfly-agent`).',
  },
  'folder-busy': {
    status: 503,
    title: 'Another process uses the folder',
    remedy: 'Try again; the folder of a trust bundle is for one tenant, and for one agent.',
  },
  'token-source-failed': {
    status: 401,
    title: 'No compliance token could be got',
    remedy: 'Do what the detail says about the command or the provider; trying again alone does not help.',
  },
  'token-source-unavailable': {
    status: 503,
    title: 'The source of compliance tokens does not answer',
    remedy: 'Check the network, and that the provider or the command runs, then try again.',
  },
  'interaction-required': {
    status: 401,
    title: 'Somebody has to sign in',
    remedy:
      'Where somebody sits, run `mayfly agent ensure` with the same options, and sign in; with `--remember` the agent goes on from there.',
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
} as const
