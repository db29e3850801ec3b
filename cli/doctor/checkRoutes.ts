import { hostBodyOctets } from '../../lib/http/readEnrollment.ts'
import { type Route, routes } from '../../lib/http/routes.ts'
import type { Check } from './check.ts'
import { askMayfly, type Examination } from './examination.ts'
import { problemCodeOf } from './probe.ts'

/** A tenant that need not exist: nobody gets as far as to look for it. */
const pathOf = ({ path }: Route): string => path.replace('{tenant}', 'doctor').replace('{file}', 'doctor.cer')

/** A method that no route takes: the catch-all answers, and names those that the route does take. */
const unusedMethod = 'PATCH'

const routeFault = async (examination: Examination, route: Route): Promise<string | undefined> => {
  const answer = await askMayfly(examination, pathOf(route), { method: unusedMethod })
  const allowed = (answer.headers.allow ?? '').split(', ').toSorted().join(', ')
  if (answer.status === 405 && allowed === route.methods.toSorted().join(', ')) return undefined
  return `${route.path} answers ${unusedMethod} with ${answer.status}`
}

const unknownFault = async (examination: Examination, path: string): Promise<string | undefined> => {
  const answer = await askMayfly(examination, path)
  if (answer.status === 404 && problemCodeOf(answer) === 'not-found') return undefined
  return `${path === '' ? 'the root' : path} answers ${answer.status}`
}

const checkPaths = (examination: Examination): Check => ({
  id: 'service-routes',
  async run() {
    const id = 'service-routes'
    const all = Object.values<Route>(routes)
    const faults = await Promise.all([
      ...all.map((route) => routeFault(examination, route)),
      ...['', 'v1/doctor/nothing-is-here'].map((path) => unknownFault(examination, path)),
    ])
    const found = faults.filter((fault) => fault !== undefined)
    if (found.length === 0)
      return [{ id, status: 'ok', detail: `${all.length} routes answer, and nothing beside them` }]
    const remedy =
      'Deploy the package again: functions are missing, or older than this CLI. The page of the host is hidden by AzureWebJobsDisableHomepage=true.'
    return [
      { id, status: 'problem', detail: `${found.slice(0, 4).join('; ')} (${found.length} in all)`, remedy },
    ]
  },
})

const checkBodyLimit = (examination: Examination): Check => ({
  id: 'service-body-limit',
  async run() {
    const id = 'service-body-limit'
    const request = { method: 'POST', body: Buffer.alloc(hostBodyOctets + 1) }
    const answer = await askMayfly(examination, pathOf(routes.certificates), request)
    // Azure's host answers it with a bare 500, gateways with 413; Mayfly itself would answer with a problem document.
    if ([413, 500].includes(answer.status) && problemCodeOf(answer) === undefined)
      return [{ id, status: 'ok', detail: 'the host refuses bodies of more than 64 KiB' }]
    const detail = `a body of more than 64 KiB is read, and answered ${answer.status}`
    const remedy = 'Set FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=65536 on the function app: anyone can send bodies.'
    return [{ id, status: 'warning', detail, remedy }]
  },
})

const hostPaths = ['admin/host/status', 'admin/functions', 'runtime/webhooks/durabletask']

const checkHost = (examination: Examination): Check => ({
  id: 'host-surface',
  async run() {
    const id = 'host-surface'
    const answers = await Promise.all(hostPaths.map((path) => askMayfly(examination, path)))
    const open = hostPaths.filter((_, index) => (answers[index]?.status ?? 0) < 400)
    if (open.length === 0)
      return [{ id, status: 'ok', detail: 'the paths of the Functions host answer nobody without its key' }]
    const remedy = 'Nobody may administer the app over HTTP: see what stands before it, and its host keys.'
    return [{ id, status: 'problem', detail: `${open.join(', ')} answers without a key`, remedy }]
  },
})

/** Whether the functions are registered, and nothing else answers beside them. */
export const checkRoutes = (examination: Examination): readonly Check[] =>
  [checkPaths, checkBodyLimit, checkHost].map((check) => check(examination))
