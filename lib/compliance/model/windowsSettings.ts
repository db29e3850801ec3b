import { requires, requiresLength, requiresNewSignatures, requiresThreatLevel } from './requires.ts'
import { requiresBuildRanges } from './requiresBuildRanges.ts'
import { requiresVersion } from './requiresVersion.ts'
import type { SettingReader } from './settingReader.ts'
import { unsupported } from './unsupported.ts'

const untold: SettingReader = () => unsupported('no fact of the device tells it')
const encrypted = requires('systemDriveEncrypted', 'the system drive encrypted', 'encrypt the system drive')

/** The settings of Graph's windows10CompliancePolicy (beta), all of them. */
export const windowsSettings: Readonly<Record<string, SettingReader>> = {
  passwordRequired: requires('passwordRequired', 'a password', 'set a password'),
  passwordMinimumLength: requiresLength,
  passwordBlockSimple: untold,
  passwordRequiredToUnlockFromIdle: untold,
  passwordMinutesOfInactivityBeforeLock: untold,
  passwordExpirationDays: untold,
  passwordMinimumCharacterSetCount: untold,
  passwordRequiredType: () => unsupported('no fact of the device tells it', 'deviceDefault'),
  passwordPreviousPasswordBlockCount: untold,
  requireHealthyDeviceReport: requires(
    'attestationValidated',
    'a healthy start of the machine, attested',
    'restart the device, and send a new attestation',
  ),
  osMinimumVersion: requiresVersion('from'),
  osMaximumVersion: requiresVersion('to'),
  validOperatingSystemBuildRanges: requiresBuildRanges,
  mobileOsMinimumVersion: () => unsupported('it is for Windows Phone'),
  mobileOsMaximumVersion: () => unsupported('it is for Windows Phone'),
  earlyLaunchAntiMalwareDriverEnabled: untold,
  bitLockerEnabled: encrypted,
  storageRequireEncryption: encrypted,
  secureBootEnabled: requires('secureBoot', 'secure boot on', 'turn on secure boot'),
  codeIntegrityEnabled: requires('codeIntegrity', 'code integrity on', 'turn on code integrity'),
  memoryIntegrityEnabled: untold,
  kernelDmaProtectionEnabled: untold,
  virtualizationBasedSecurityEnabled: untold,
  firmwareProtectionEnabled: untold,
  activeFirewallRequired: requires('firewallEnabled', 'the firewall on', 'turn on the firewall'),
  tpmRequired: requires('tpmPresent', 'a TPM', 'turn on the TPM, or use a device that has one'),
  antivirusRequired: requires('antivirusEnabled', 'an antivirus on', 'turn on the antivirus'),
  antiSpywareRequired: requires('antispywareEnabled', 'an antispyware on', 'turn on the antispyware'),
  defenderEnabled: requires('defenderEnabled', 'Microsoft Defender on', 'turn on Microsoft Defender'),
  defenderVersion: untold,
  signatureOutOfDate: requiresNewSignatures,
  rtpEnabled: requires('antivirusRealTime', 'real-time protection on', 'turn on real-time protection'),
  deviceThreatProtectionRequiredSecurityLevel: requiresThreatLevel,
  configurationManagerComplianceRequired: () => unsupported('Configuration Manager is not asked'),
  deviceCompliancePolicyScript: () => unsupported('scripts do not run here'),
  wslDistributions: untold,
}
