import fc from 'fast-check'
import type { AgentService, ServiceNeeds } from '../../../client/service/agentService.ts'

/** The needs of one credential and nothing else. */
export const testNeeds: ServiceNeeds = {
  writable: [{ path: '/var/lib/mayfly/vpn', isPrivate: true }],
  usesTpm: false,
  runsHooks: false,
  hasLog: false,
}

/** A service as tests have it. */
export const testService = (changes: Partial<AgentService> = {}): AgentService => ({
  isSystem: true,
  program: ['/opt/mayfly/mayfly'],
  configurationFile: '/etc/mayfly/mayfly.toml',
  everySeconds: undefined,
  needs: testNeeds,
  ...changes,
})

/** Texts that formats read otherwise than they stand there, as names of files have them. */
export const nastyName = fc.string({
  unit: fc.constantFrom(...Array.from('ab ÄöЖ😀%$&<>"\'\\;#|=()[]{}!~^`*?,@:+-')),
  minLength: 1,
  maxLength: 12,
})
