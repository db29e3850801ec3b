/** A setting of DPC that vpn.toml does not have from it. */
export interface LeftSetting {
  /** As the registry has it below DPCClient. */
  readonly setting: string
  /** In words that follow the name. */
  readonly why: string
}

const ofWatch = 'has no place in vpn.toml: '
const byDesign = 'cannot be switched off'
const proposal = 'is left: profiles and servers have one proposal, that of mayfly server-config'

/** What Mayfly has elsewhere, does otherwise, or not at all; by name, in lower case. */
export const leftWhy: ReadonlyMap<string, string> = new Map([
  ['refreshperiod', `${ofWatch}check-minutes of [[profiles]] in mayfly.toml`],
  ['removeallprofiles', `${ofWatch}mayfly profile watch --remove-unmanaged`],
  ['migrationblock', 'is left: no profile is changed while its own tunnel is up'],
  ['cleardisableprofilelist', 'is left: who switched a tunnel off keeps it off'],
  ['restartonportalreadyopen', 'is left: no service of Windows is restarted'],
  ['showdevicetunnelinui', 'is left: it is a setting of Windows for all profiles'],
  ['eventlogpath', `${ofWatch}events are said in mayfly.toml`],
  ['eventlogfilter', `${ofWatch}events are said in mayfly.toml`],
  ['monitorvpn', 'is left: it is of DPC itself'],
  ['productkey', 'is left: it is of DPC itself'],
  ['internal', 'is left: it is what DPC remembers'],
  ['debugpath', 'is left: mayfly profile windows prints the profile'],
  ['savepath', 'is left: mayfly profile windows prints the profile'],
  ['issuingcertificates', 'is left: clients show certificates of Mayfly, whose issuers --trust tells'],
  ['limiteku', 'is left: clients show certificates of Mayfly, whose marker --trust tells'],
  ['ekuname', 'is left: clients show certificates of Mayfly, whose marker --trust tells'],
  ['ekuoid', 'is left: clients show certificates of Mayfly, whose marker --trust tells'],
  ['disablerascredentials', 'is left: UseRasCredentials is false wherever there is no kerberos'],
  ['enableeapsmartcard', 'is left: certificates of Mayfly are in the store of the user'],
  ['disablenpsvalidation', `is left: validation of the server ${byDesign}`],
  ['disablecryptobinding', `is left: crypto binding ${byDesign}`],
  ['customcryptography', proposal],
  ['authenticationtransformconstants', proposal],
  ['ciphertransformconstants', proposal],
  ['pfsgroup', proposal],
  ['dhgroup', proposal],
  ['integritycheckmethod', proposal],
  ['encryptionmethod', proposal],
])
