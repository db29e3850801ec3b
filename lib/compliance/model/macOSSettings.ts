import { requires, requiresLength, requiresThreatLevel } from './requires.ts'
import { requiresBuild, requiresVersion } from './requiresVersion.ts'
import type { SettingReader } from './settingReader.ts'
import { unsupported } from './unsupported.ts'

const untold: SettingReader = () => unsupported('no fact of the device tells it')

/** The settings of Graph's macOSCompliancePolicy (beta), all of them. */
export const macOSSettings: Readonly<Record<string, SettingReader>> = {
  passwordRequired: requires('passwordRequired', 'a password', 'set a password'),
  passwordMinimumLength: requiresLength,
  passwordBlockSimple: untold,
  passwordExpirationDays: untold,
  passwordMinutesOfInactivityBeforeLock: untold,
  passwordPreviousPasswordBlockCount: untold,
  passwordMinimumCharacterSetCount: untold,
  passwordRequiredType: () => unsupported('no fact of the device tells it', 'deviceDefault'),
  osMinimumVersion: requiresVersion('from'),
  osMaximumVersion: requiresVersion('to'),
  osMinimumBuildVersion: requiresBuild('from'),
  osMaximumBuildVersion: requiresBuild('to'),
  systemIntegrityProtectionEnabled: requires(
    'systemIntegrityProtection',
    'system integrity protection on',
    'turn on system integrity protection',
  ),
  deviceThreatProtectionRequiredSecurityLevel: requiresThreatLevel,
  advancedThreatProtectionRequiredSecurityLevel: requiresThreatLevel,
  storageRequireEncryption: requires(
    'systemDriveEncrypted',
    'the system drive encrypted',
    'turn on FileVault',
  ),
  gatekeeperAllowedAppSource: () => unsupported('no fact of the device tells it', 'notConfigured'),
  firewallEnabled: requires('firewallEnabled', 'the firewall on', 'turn on the firewall'),
  firewallBlockAllIncoming: untold,
  firewallEnableStealthMode: untold,
  deviceCompliancePolicyScript: () => unsupported('scripts do not run here'),
}
