/** The claims of demo tokens by what they say; the demo tenant reads them under these names. */
export const demoClaims = {
  compliant: 'device_compliant',
  joined: 'device_joined',
  groups: 'groups',
  roles: 'roles',
  guest: 'guest',
  guestType: 'guest_type',
  country: 'ip_country',
  platform: 'platform',
  signInRisk: 'sign_in_risk',
  userRisk: 'user_risk',
  insiderRisk: 'insider_risk',
  transferMethod: 'transfer_method',
  authTime: 'auth_time',
  methods: 'amr',
  contextClass: 'acr',
  /** The object id of the user in the directory. */
  userId: 'user_id',
  /** False for a device that the directory has no record of. */
  deviceRecord: 'device_record',
} as const

/** The claim with an attribute of the device, such as `model`. */
export const deviceClaim = (attribute: string): string =>
  attribute === 'deviceId' ? 'device_id' : `device_${attribute}`

/** The claim of demo posture and attestation tokens that holds facts, by their names. */
export const factsClaim = 'facts'
