import { composeApp, partsFrom } from '../lib/app.ts'
import { registerAdoptions } from './adoptions.ts'
import { registerCertificates } from './certificates.ts'
import { registerHealthz } from './healthz.ts'
import { registerReadyz } from './readyz.ts'
import { registerTrustCertificate } from './trustCertificate.ts'
import { registerTrustFiles } from './trustFiles.ts'
import { registerUnmatched } from './unmatched.ts'

// The entry of the function app: the host loads it once, and functions can be registered only while it loads.
const app = composeApp(await partsFrom())
registerAdoptions(app)
registerCertificates(app)
registerHealthz(app)
registerReadyz(app)
registerTrustCertificate(app)
registerTrustFiles(app)
registerUnmatched(app)
