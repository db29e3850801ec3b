import type { Decision } from '../../lib/policy/decision.ts'
import { explain, type PolicyTrace } from '../../lib/policy/explain.ts'
import { failedSettings } from '../../lib/policy/failedSettings.ts'
import { policiesOf } from '../../lib/policy/openPolicies.ts'
import { remediationOf } from '../../lib/policy/remediationOf.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { command } from '../commandLine/command.ts'
import { formatHanging, formatTime } from '../commandLine/formatTable.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import { assessmentText, compliantText } from './assessmentText.ts'
import { traceText } from './traceText.ts'
import { readSupposed, supposedOptions, supposedSignals } from './supposedSignals.ts'

/** The life that a certificate would have, in seconds: that of the configuration, unless a policy ends it before. */
const lifetimeOf = (
  decision: Decision,
  at: number,
  { certificate }: Revision['configuration'],
): number | undefined => {
  if (decision.kind === 'deny') return undefined
  const { lifetimeSeconds } = certificate
  return Math.min(lifetimeSeconds, (decision.cap?.endsAt ?? Infinity) - at)
}

const traceLines = (trace: PolicyTrace): readonly string[] => {
  const { conditions, controls, signIn } = trace
  const lines = [
    ...conditions.map(
      ({ condition, included, excluded, matched }) =>
        `${condition}: ${matched} (included ${included}, excluded ${excluded})`,
    ),
    ...controls.map(({ displayName, proven }) => `${displayName}: ${proven}`),
    ...(signIn ? [`sign-in at most ${signIn.seconds} s old: ${signIn.proven}`] : []),
  ]
  return [
    formatHanging('', shownText(traceText(trace))),
    ...lines.map((line) => formatHanging('  ', shownText(line))),
  ]
}

const complianceLines = ({ compliance }: Decision, at: number): readonly string[] =>
  compliance === undefined
    ? []
    : [
        [
          formatHanging('', `compliant by its compliance policies: ${compliantText(compliance)}`),
          ...assessmentText(compliance, at).flatMap(({ policy, settings }) => [
            formatHanging('  ', shownText(policy)),
            ...settings.map((setting) => formatHanging('    ', shownText(setting))),
          ]),
        ].join('\n'),
      ]

const verdictOf = (decision: Decision, at: number): string => {
  if (decision.kind === 'allow')
    return `allow: "${decision.permittedBy.displayName}" permits it, since ${decision.proof} is proven`
  return `deny (${decision.cause}): ${remediationOf(decision, failedSettings(decision, at))}`
}

const lifeText = (decision: Decision, seconds: number | undefined): readonly string[] => {
  if (decision.kind === 'deny' || seconds === undefined) return []
  const { cap } = decision
  const by = cap && ` at most, by ${cap.by} of "${cap.policy.displayName}"`
  return [`the certificate lives ${seconds} s${by ?? ''}`]
}

export const policyWhatIf = command({
  name: 'policy what-if',
  summary: 'tell how a request would be decided',
  options: { tenant: tenantOption, ...supposedOptions },
  notes:
    'Nothing is verified and nothing is issued. A signal that neither the claims nor an option say is unknown.',
  async run({ tenant: name, ...options }, context) {
    const supposed = await readSupposed(options)
    const inForce = await openTenant(context, name)
    const { tenant, number, configuration } = inForce
    const signals = supposedSignals(inForce, supposed, context.now())
    const { decision, policies: traces } = explain(policiesOf(inForce), signals)
    const lifetimeSeconds = lifetimeOf(decision, signals.at, configuration)
    const text = [
      `${tenant}: revision ${number} at ${formatTime(new Date(signals.at * 1_000), context.now())}`,
      ...complianceLines(decision, signals.at),
      ...traces.map((trace) => traceLines(trace).join('\n')),
      [
        formatHanging('', shownText(verdictOf(decision, signals.at))),
        ...lifeText(decision, lifetimeSeconds).map((line) => formatHanging('', shownText(line))),
      ].join('\n'),
    ].join('\n\n')
    return {
      text,
      json: {
        tenant,
        revision: number,
        signals,
        decision,
        lifetimeSeconds: lifetimeSeconds ?? null,
        policies: traces,
      },
    }
  },
})
