import { composeApp, partsFrom } from '../lib/app.ts'
import { registerCertificates } from './certificates.ts'
import { registerHealthz } from './healthz.ts'
import { registerReadyz } from './readyz.ts'
import { registerTrustJson } from './trustJson.ts'
import { registerTrustPem } from './trustPem.ts'
import { registerUnmatched } from './unmatched.ts'

// The entry of the function app: the host loads it once, and functions can be registered only while it loads.
const app = composeApp(await partsFrom())
registerCertificates(app)
registerHealthz(app)
registerReadyz(app)
registerTrustJson(app)
registerTrustPem(app)
registerUnmatched(app)
