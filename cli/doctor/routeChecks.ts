import { hostLimits } from '../../lib/admission/hostLimits.ts'
import { type Route, routes } from '../../lib/http/routes.ts'
import { type Check, checksOf } from '../../client/check/check.ts'
import type { Examination } from './examination.ts'
import { type Found, ok, problem, warning } from '../../client/check/finding.ts'
import { problemCodeOf } from './probe.ts'

/** Fills in a tenant that need not exist: nobody gets as far as to look for it. */
const pathOf = ({ path }: Route): string => path.replace('{tenant}', 'doctor').replace('{file}', 'doctor.cer')

/** No route takes this method: the catch-all answers, and names those that the route does take. */
const unusedMethod = 'PATCH'

const routeFault = async ({ ask }: Examination, route: Route): Promise<string | undefined> => {
  const { status, headers } = await ask(pathOf(route), { method: unusedMethod })
  const allowed = (headers.allow ?? '').split(', ').toSorted().join(', ')
  if (status === 405 && allowed === route.methods.toSorted().join(', ')) return undefined
  return `${route.path} answers ${unusedMethod} with ${status}`
}

const unknownFault = async ({ ask }: Examination, path: string): Promise<string | undefined> => {
  const answer = await ask(path)
  if (answer.status === 404 && problemCodeOf(answer) === 'not-found') return undefined
  return `${path === '' ? 'the root' : path} answers ${answer.status}`
}

const routesFound = async (examination: Examination): Promise<Found> => {
  const all = Object.values<Route>(routes)
  const faults = await Promise.all([
    ...all.map((route) => routeFault(examination, route)),
    ...['', 'v1/doctor/nothing-is-here'].map((path) => unknownFault(examination, path)),
  ])
  const found = faults.filter((fault) => fault !== undefined)
  if (found.length === 0) return ok(`${all.length} routes answer, and nothing beside them`)
  return problem(
    `${found.slice(0, 4).join('; ')} (${found.length} in all)`,
    'Deploy the package again: functions are missing, or older than this CLI. The page of the host is hidden by AzureWebJobsDisableHomepage=true.',
  )
}

const bodyLimitFound = async ({ ask }: Examination): Promise<Found> => {
  const answer = await ask(pathOf(routes.certificates), {
    method: 'POST',
    body: Buffer.alloc(hostLimits.bodyOctets + 1),
  })
  // Azure's host answers it with a bare 500, gateways with 413; Mayfly itself would answer with a problem document.
  if ([413, 500].includes(answer.status) && problemCodeOf(answer) === undefined)
    return ok('the host refuses bodies of more than 64 KiB')
  return warning(
    `a body of more than 64 KiB is read, and answered ${answer.status}`,
    'Set FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=65536 on the function app: anyone can send bodies.',
  )
}

const hostPaths = ['admin/host/status', 'admin/functions', 'runtime/webhooks/durabletask']

const hostFound = async ({ ask }: Examination): Promise<Found> => {
  const answers = await Promise.all(hostPaths.map((path) => ask(path)))
  const open = hostPaths.filter((_, index) => (answers[index]?.status ?? 0) < 400)
  if (open.length === 0) return ok('the paths of the Functions host answer nobody without its key')
  return problem(
    `${open.join(', ')} answers without a key`,
    'Nobody may administer the app over HTTP: see what stands before it, and its host keys.',
  )
}

/** Checks whether the functions are registered, and nothing else answers beside them. */
export const routeChecks = (examination: Examination): readonly Check[] =>
  checksOf(examination, {
    'service-routes': routesFound,
    'service-body-limit': bodyLimitFound,
    'host-surface': hostFound,
  })
