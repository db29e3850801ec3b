import { Refusal } from '../../lib/errors/refusal.ts'
import { command } from '../commandLine/command.ts'
import { optionName } from '../commandLine/option.ts'
import { diagnoseClient } from './diagnoseClient.ts'
import { diagnoseDeployment } from './diagnoseDeployment.ts'
import { diagnoseServer } from './diagnoseServer.ts'
import { doctorOptions, type DoctorValues, membersOf } from './doctorOptions.ts'

/** What is examined. */
type Patient = keyof typeof membersOf

const patientOf = ({ client, server }: DoctorValues): Patient => {
  if (client && server)
    throw new Refusal('usage-wrong', 'Cannot examine both at once: give either --client or --server.')
  if (client) return 'client'
  return server ? 'server' : 'deployment'
}

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)

/** What is for another patient is no good here: nobody is to think that it was looked at. */
const checkMembers = (values: DoctorValues, patient: Patient): void => {
  const permitted: readonly string[] = [...membersOf[patient], 'client', 'server']
  const strange = Object.entries(values)
    .filter(([member, value]) => isGiven(value) && !permitted.includes(member))
    .map(([member]) => `--${optionName(member)}`)
  if (strange.length === 0) return
  const how = patient === 'deployment' ? 'without --client or --server' : `with --${patient}`
  throw new Refusal('usage-wrong', `Cannot take ${strange.join(', ')} ${how}.`)
}

/**
 * Takes the variables that are for the patient. Those of an agent are set where it runs, and say nothing of a server or a
 * deployment; a bundle is described by a file, or by options that begin with its folder.
 */
const takesVariablesFor = (isByHand: (member: string) => boolean): readonly string[] => {
  if (isByHand('client')) return membersOf.client
  if (!isByHand('server')) return membersOf.deployment
  return isByHand('out') ? membersOf.server.filter((member) => member !== 'config') : ['config']
}

export const doctor = command({
  name: 'doctor',
  summary: 'examine a deployment, a client or a VPN server',
  options: doctorOptions,
  takesVariablesFor,
  notes:
    'Exits with 3 when there is a problem, with 4 when neither the service nor the tables answer (of a client or server: no service or mirror); warnings are no problem. With --client or --server it takes what the agent takes, and changes nothing; it gets a token where nobody is asked for it, and sends it nowhere.',
  async run(values, context) {
    const patient = patientOf(values)
    checkMembers(values, patient)
    if (patient === 'client') return diagnoseClient(values, context)
    return patient === 'server' ? diagnoseServer(values, context) : diagnoseDeployment(values, context)
  },
})
