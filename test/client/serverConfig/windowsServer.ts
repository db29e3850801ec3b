import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { parsePemCertificates } from '../../../lib/x509/pemBlock.ts'
import { recipes } from '../../../client/serverConfig/recipes.ts'
import type { ServerSettings } from '../../../client/serverConfig/recipe.ts'
import type { WindowsKind } from '../../../client/serverConfig/windowsFiles.ts'
import { createBundleWorld } from '../bundleWorld.ts'
import { serverSettings } from './settings.ts'

/** What one run of a script came to. */
export interface ScriptRun {
  readonly said: string
  /** What it threw; null when it ended by itself. */
  readonly failed: string | null
  readonly exitCode: number
  /** Whether a store, the registry, the policy or a file of its own is another. */
  readonly isChanged: boolean
  /** Commands of Windows that change something, as they were called. */
  readonly called: readonly string[]
}

/** A case: what is done on a server that is as it was installed, in the words of windowsServer.ps1. */
export interface WindowsCase {
  readonly kind: WindowsKind
  readonly script: string
}

/** How an authority goes on: both roots, a second issuer, the first one tainted, the second root at work, the first one gone. */
const stages = ['first', 'staged', 'tainted', 'rolled', 'last'] as const

const bundlesOf = async () => {
  await using bench = await createBundleWorld('ES256', undefined, { displayName: `‘"$(1)\`n''’` })
  const steps: Readonly<Record<(typeof stages)[number], () => Promise<unknown>>> = {
    first: () => Promise.resolve(),
    staged: () => bench.stageIssuer('root 1'),
    async tainted() {
      await bench.activate('issuer 2')
      await bench.taint('issuer 1')
    },
    async rolled() {
      await bench.stageIssuer('root 2')
      await bench.activate('root 2')
      await bench.activate('issuer 3')
    },
    last: () => bench.taint('root 1'),
  }
  const made: [string, string][] = []
  for (const stage of stages) {
    await steps[stage]()
    made.push([stage, bench.json])
  }
  return { tenant: bench.tenant, bundles: new Map(made) }
}

interface Entry {
  readonly id: string
  readonly certificate: string
}

const thumbprintsOf = (json: string): readonly (readonly [string, string])[] => {
  const { roots, issuers } = JSON.parse(json) as { readonly roots: Entry[]; readonly issuers: Entry[] }
  return [...roots, ...issuers].map(({ id, certificate }) => {
    const [der = new Uint8Array()] = parsePemCertificates(certificate)
    return [id, createHash('sha1').update(der).digest('hex').toUpperCase()]
  })
}

const certutil = (world: string): string => `#!/bin/sh
printf 'certutil %s\\n' "$*" >>"$CALLED"
if [ -e '${world}/fails' ]; then case "certutil $*" in $(cat '${world}/fails')) echo 'CertUtil: 0x80070005'; exit 5;; esac; fi
in='${world}/stores/LocalMachine'
[ "$1" != -enterprise ] || { in='${world}/registry/SOFTWARE/Microsoft/EnterpriseCertificates'; shift; }
[ "$1" != -f ] || shift
case "$1 $2" in
  '-addstore NTAuth'|'-delstore NTAuth') in=$in/NTAuth/Certificates;;
  *' Root'|*' CA'|*' Disallowed') in=$in/$2;;
  *) exit 1;;
esac
case "$1" in
  -addstore) : >"$in/$(sha1sum "$3" | cut -c-40 | tr a-f A-F)";;
  -delstore) rm "$in/$3";;
esac
`

const netsh = (world: string): string => `#!/bin/sh
printf 'netsh %s\\n' "$*" >>"$CALLED"
[ ! -e '${world}/fails' ] || exit 1
[ "$1 $2 $3 $4" = 'nps set np name=VPN by Mayfly' ] || exit 1
shift 4
properties=
while [ $# -gt 0 ]; do
  data=\${2#profiledata=}
  case "\${1#profileid=}" in
    0x1009) element=msNPAuthenticationType2; data=$((data));;
    0x100a) element=msNPAllowedEapType;;
    0x1041) element=msOfACertificate;;
    0x1b) element=msRADIUSSessionTimeout;;
    *) exit 1;;
  esac
  properties="$properties<$element>$data</$element>"
  shift 2
done
file='${world}/windows/System32/ias/ias.xml'
sed "s|<!--a-->.*<!--b-->|<!--a-->$properties<!--b-->|" "$file" >"$file.new" && mv "$file.new" "$file"
`

/** As NPS writes it, but for what nobody reads. */
const ias = `<Root><Children><Microsoft_Internet_Authentication_Service name="x"><Children>
<RadiusProfiles name="RadiusProfiles"><Children>
<Other name="Other"><Properties><msNPAuthenticationType2>4</msNPAuthenticationType2></Properties></Other>
<VPN_by_Mayfly name="VPN by Mayfly"><Properties><!--a--><msNPAllowedEapType>
19000000000000000000000000000000
</msNPAllowedEapType><msNPAuthenticationType2>4</msNPAuthenticationType2><msNPAuthenticationType2>5</msNPAuthenticationType2><!--b--></Properties></VPN_by_Mayfly>
</Children></RadiusProfiles>
<NetworkPolicy name="NetworkPolicy"><Children>
<VPN_by_Mayfly name="VPN by Mayfly"><Properties><Policy_Enabled>1</Policy_Enabled><msNPAction>VPN by Mayfly</msNPAction></Properties></VPN_by_Mayfly>
</Children></NetworkPolicy>
</Children></Microsoft_Internet_Authentication_Service></Children></Root>
`.replaceAll(/\n(?=19|<\/msNPA)/g, ' ')

/** Makes a server of Windows in a folder, and runs cases on it, all in one process of PowerShell. */
export const windowsServer = async (world: string) => {
  const { tenant, bundles } = await bundlesOf()
  // A name that PowerShell could misread.
  const trust = join(world, `it's $HOME \`n’ [trust]`)
  const settings: ServerSettings = {
    ...serverSettings,
    tenant,
    trust,
    networkPolicy: 'VPN by Mayfly',
  }
  const files = new Map([
    [join(world, 'windows/System32/certutil.exe'), certutil(world)],
    [join(world, 'windows/System32/netsh.exe'), netsh(world)],
    [join(world, 'windows/System32/ias/ias.xml'), ias],
    [join(world, 'ias.xml'), ias],
    [join(world, 'called'), ''],
    ...[...bundles].map(([name, json]) => [join(world, 'bundles', `${name}.json`), json] as const),
    ...(['nps', 'rras'] as const).flatMap((kind) =>
      recipes[kind](settings)
        .files.filter(({ path }) => path.endsWith('.ps1'))
        .map(
          ({ path, content }) =>
            [join(world, 'scripts', path.replace('/Program Files/Mayfly/', '')), content] as const,
        ),
    ),
  ])
  await mkdir(trust)
  for (const [file, text] of files) {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    if (file.endsWith('.exe')) await chmod(file, 0o755)
  }
  const thumbprints = new Map([...bundles.values()].flatMap(thumbprintsOf))
  /** @param expressions of PowerShell, each for a text. */
  const run = async (cases: readonly WindowsCase[], expressions: readonly string[] = []) => {
    const input = JSON.stringify({
      world,
      trust,
      // That of somebody else's is never touched.
      thumbprints: { ...Object.fromEntries(thumbprints), foreign: 'F0'.repeat(20) },
      cases,
      expressions,
    })
    const script = await readFile(join(import.meta.dirname, 'windowsServer.ps1'), 'utf8')
    const { stdout, stderr } = spawnSync('pwsh', ['-NoProfile', '-Command', script], { input })
    // What -WhatIf says comes before.
    const told = stdout.toString().trimEnd().split('\n').at(-1) ?? ''
    if (!told.startsWith('{')) throw new Error(`${stdout.toString()}${stderr.toString()}`)
    return JSON.parse(told) as {
      readonly results: readonly {
        readonly runs: readonly ScriptRun[]
        readonly fault?: string
        /** What the guard was asked last; empty where it never was. */
        readonly asked?: string
      }[]
      readonly faults: readonly string[]
      readonly texts: readonly string[]
    }
  }
  return { world, settings, thumbprints, run }
}
