import { agent } from './agent/agent.ts'
import { agentEnsure } from './agent/agentEnsure.ts'
import { agentGuard } from './agent/agentGuard.ts'
import { agentInstall } from './agent/agentInstall.ts'
import { agentStatus } from './agent/agentStatus.ts'
import { agentUninstall } from './agent/agentUninstall.ts'
import {
  authorityActivate,
  authorityDeactivate,
  authorityRetire,
  authorityTaint,
} from './authority/authorityActivate.ts'
import { authorityConfirm } from './authority/authorityConfirm.ts'
import { authorityExport } from './authority/authorityExport.ts'
import { authorityInit } from './authority/authorityInit.ts'
import { authorityRepublish } from './authority/authorityRepublish.ts'
import { authorityStageIssuer } from './authority/authorityStageIssuer.ts'
import { authorityStageRoot } from './authority/authorityStageRoot.ts'
import { authorityStatus } from './authority/authorityStatus.ts'
import { demoAttestation, demoPosture } from './client/demoPosture.ts'
import { demoToken } from './client/demoToken.ts'
import { enroll } from './client/enroll.ts'
import { trustFetch } from './client/trustFetch.ts'
import type { Command } from './commandLine/command.ts'
import { completion } from './completion.ts'
import { complianceApply, complianceRemove } from './compliance/complianceApply.ts'
import { complianceCheck } from './compliance/complianceCheck.ts'
import { complianceList, complianceShow } from './compliance/complianceList.ts'
import { complianceWhatIf } from './compliance/complianceWhatIf.ts'
import { denyDevice, denyKey, denyUser } from './deny/denyUser.ts'
import { denyLift } from './deny/denyLift.ts'
import { denyList } from './deny/denyList.ts'
import { agentCheck } from './doctor/agentCheck.ts'
import { doctor } from './doctor/doctor.ts'
import { ledgerExport } from './ledger/ledgerExport.ts'
import { ledgerList, ledgerRefusals } from './ledger/ledgerList.ts'
import { ledgerPrune } from './ledger/ledgerPrune.ts'
import { ledgerReconcile } from './ledger/ledgerReconcile.ts'
import { ledgerShow } from './ledger/ledgerShow.ts'
import { policyReplay } from './ledger/policyReplay.ts'
import { manual } from './manual.ts'
import { locationApply, locationList, locationRemove } from './policy/locationApply.ts'
import { policyApply, policyRemove } from './policy/policyApply.ts'
import { policyCheck } from './policy/policyCheck.ts'
import { policyList, policyShow } from './policy/policyList.ts'
import { policyWhatIf } from './policy/policyWhatIf.ts'
import { profileCheck } from './profile/profileCheck.ts'
import { profileSchema } from './profile/profileSchema.ts'
import { profileClient } from './profile/profileClient.ts'
import { profileWatch } from './profile/profileWatch.ts'
import { profileImport } from './profile/profileImport.ts'
import { profileWindows } from './profile/profileWindows.ts'
import { relyingPartyAdd, relyingPartyList, relyingPartyRemove } from './relyingParty/relyingPartyAdd.ts'
import { serverConfig } from './server/serverConfig.ts'
import { serverConfigCheck } from './server/serverConfigCheck.ts'
import { tenantApply } from './tenant/tenantApply.ts'
import { tenantHistory } from './tenant/tenantHistory.ts'
import { tenantList } from './tenant/tenantList.ts'
import { tenantRollback } from './tenant/tenantRollback.ts'
import { tenantShow } from './tenant/tenantShow.ts'

/** Lists every command, in the order of the help: parsing, completion and the manual come from it, too. */
export const commands: readonly Command[] = [
  tenantApply,
  tenantShow,
  tenantList,
  tenantHistory,
  tenantRollback,
  policyApply,
  policyCheck,
  policyList,
  policyShow,
  policyRemove,
  policyWhatIf,
  policyReplay,
  locationApply,
  locationList,
  locationRemove,
  complianceApply,
  complianceCheck,
  complianceList,
  complianceShow,
  complianceRemove,
  complianceWhatIf,
  authorityInit,
  authorityStageRoot,
  authorityStageIssuer,
  authorityActivate,
  authorityDeactivate,
  authorityRetire,
  authorityTaint,
  authorityRepublish,
  authorityStatus,
  authorityExport,
  authorityConfirm,
  relyingPartyAdd,
  relyingPartyRemove,
  relyingPartyList,
  denyUser,
  denyDevice,
  denyKey,
  denyLift,
  denyList,
  ledgerList,
  ledgerShow,
  ledgerRefusals,
  ledgerExport,
  ledgerReconcile,
  ledgerPrune,
  demoToken,
  demoPosture,
  demoAttestation,
  enroll,
  agentEnsure,
  agentStatus,
  agentCheck,
  agentGuard,
  agentInstall,
  agentUninstall,
  agent,
  trustFetch,
  serverConfigCheck,
  serverConfig,
  profileCheck,
  profileWatch,
  profileSchema,
  profileImport,
  profileWindows.mayfly,
  profileWindows.entra,
  profileClient.openvpn,
  profileClient.strongswan,
  profileClient.networkmanager,
  doctor,
  completion(() => commands),
  manual(() => commands),
]
