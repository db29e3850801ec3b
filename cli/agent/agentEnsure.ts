import { keepCredential } from '../../client/agent/keepCredential.ts'
import { openServiceClock } from '../../client/agent/serviceClock.ts'
import { command } from '../commandLine/command.ts'
import { parsed } from '../commandLine/option.ts'
import { parseFuture } from '../commandLine/timeOption.ts'
import { withVariables } from '../commandLine/withVariables.ts'
import { credentialOptions } from './credentialOptions.ts'
import { openCredential } from './openDescribed.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { exitCodeFor, formatStatus, statusOf } from './agentStatus.ts'
import { processWorld } from './processWorld.ts'
import { watchSignals } from './watchSignals.ts'

const minLeft = parsed(
  'DURATION',
  'what the certificate must still be good for (10m)',
  (given, told) => parseFuture(given, told).getTime() - told.now.getTime(),
  { byDefault: '10m' },
)

export const agentEnsure = command({
  name: 'agent ensure',
  summary: 'renew a credential that ends soon',
  options: withVariables({ minLeft, ...credentialOptions }),
  notes: 'Does nothing where the certificate is good for long enough, and takes little time for that.',
  async run({ minLeft: minLeftMilliseconds = 0, ...options }, context) {
    const world = processWorld(context)
    const spec = await openCredential(options, context, { isInteractive: true })
    const clock = openServiceClock(world, (await spec.state.read()).clockAheadSeconds)
    const { stop: signal } = watchSignals()
    // Somebody waits: what failed before may be over.
    const look = await keepCredential(spec, { world, clock, signal, minLeftMilliseconds, hasChanged: true })
    if (look.error) throw look.error
    const statuses = [await statusOf(spec.folder, context.now())]
    const left = (look.held?.notAfter.getTime() ?? 0) - clock.now().getTime()
    const exitCode = exitCodeFor(statuses) || (left < minLeftMilliseconds ? exitCodes.tryLater : exitCodes.ok)
    if (left < minLeftMilliseconds) context.notice('the certificate ends sooner than is wanted of it')
    return { text: formatStatus(statuses, context.now()), json: { credentials: statuses }, exitCode }
  },
})
