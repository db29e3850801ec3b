import { composeApp } from '../lib/app.ts'
import { housekeeperFrom, partsFrom, roleFrom } from '../lib/settings.ts'
import { registerAdoptions } from './adoptions.ts'
import { registerCertificates } from './certificates.ts'
import { registerHealthz } from './healthz.ts'
import { registerHousekeeping } from './housekeeping.ts'
import { registerReadyz } from './readyz.ts'
import { registerEnd } from './register.ts'
import { registerTrustCertificate } from './trustCertificate.ts'
import { registerTrustFiles } from './trustFiles.ts'
import { registerUnmatched } from './unmatched.ts'

const registerHttp = async (): Promise<void> => {
  const app = composeApp(await partsFrom())
  registerAdoptions(app)
  registerCertificates(app)
  registerHealthz(app)
  registerReadyz(app)
  registerTrustCertificate(app)
  registerTrustFiles(app)
  registerUnmatched(app)
  registerEnd(app.stop)
}

// The entry of the function app: the host loads it once, and functions can be registered only while it loads.
const role = roleFrom()
if (role !== 'housekeeping') await registerHttp()
if (role !== 'enroll') registerHousekeeping(await housekeeperFrom())
