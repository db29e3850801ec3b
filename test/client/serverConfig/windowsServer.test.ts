import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseSessions } from '../../../client/guard/parseSessions.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { quote } from '../../../client/serverConfig/quote.ts'
import type { WindowsKind } from '../../../client/serverConfig/windowsFiles.ts'
import { hasPowerShell } from '../powerShellServer.ts'
import { type ScriptRun, windowsServer } from './windowsServer.ts'

const eap = String.raw`HKLM:\SYSTEM\CurrentControlSet\Services\RasMan\PPP\EAP`
const schannel = String.raw`HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL`
const ike = String.raw`HKLM:\SYSTEM\CurrentControlSet\Services\RemoteAccess\Parameters\Ikev2`
const eapTls = '<msNPAllowedEapType>0d0{30}</msNPAllowedEapType>'

/** One wrong thing on a server that is as it should be: how it is planted, and what is said of it. */
type Plant = readonly [plant: string, finding: RegExp]

const storePlants: readonly Plant[] = [
  ["Remove-Planted 'Root' 'root~0002'", /^root~0002 is not in the store Root$/],
  ["Remove-Planted 'CA' 'issuer~0001'", /^issuer~0001 is not in the store CA$/],
  ["Add-Planted 'Disallowed' 'issuer~0001'", /^issuer~0001 is in the store Disallowed, and these scripts/],
  ["[IO.File]::Delete((Join-Path $folder 'certificates.json'))", /issuer~0001 is not on the list/],
  ["[IO.File]::WriteAllText((Join-Path $folder 'restarts-due.txt'), 'IAS')", /IAS was not started anew/],
]

/** What left the bundle comes back into stores: by a policy of the domain, or by somebody who means well. */
const leftPlants: readonly Plant[] = [
  ["Add-Planted 'CA' 'issuer~0001'", /^issuer~0001 left the bundle and is still in the store CA$/],
  ["Remove-Planted 'Disallowed' 'issuer~0001'", /^issuer~0001 left the bundle and is not in the store Dis/],
  ["Add-Planted 'Root' 'root~0001'", /^root~0001 left the bundle and is still in the store Root$/],
]

const plants: Readonly<Record<WindowsKind, readonly Plant[]>> = {
  nps: [
    ...storePlants,
    ["Remove-Planted 'NTAuth' 'issuer~0001'", /^issuer~0001 is not in the store NTAuth$/],
    [
      `Set-Planted '${eap}\\13' 'IgnoreNoRevocationCheck' 0`,
      /^IgnoreNoRevocationCheck is not 1 for EAP type 13$/,
    ],
    [
      `Set-Planted '${eap}\\25' 'IgnoreNoRevocationCheck' 0`,
      /^IgnoreNoRevocationCheck is not 1 for EAP type 25$/,
    ],
    [`Set-Planted '${eap}\\13' 'NoRevocationCheck' 1`, /^NoRevocationCheck is 1/],
    ['$global:Boot = [DateTime]::UtcNow.AddHours(-1)', /^Windows was not restarted since/],
    [`Set-Planted '${schannel}' 'ServerCacheTime' 36000000`, /^ServerCacheTime is not 0$/],
    [
      "Edit-Policy '>1</Policy_Enabled>' '>0</Policy_Enabled>'",
      /^there is no network policy VPN by Mayfly, or it is not/,
    ],
    ["Edit-Policy '(?s)<NetworkPolicy .*</NetworkPolicy>' ''", /^there is no network policy VPN by Mayfly/],
    [
      "Edit-Policy '>5</msNPAuthenticationType2>' '>5</msNPAuthenticationType2><msNPAuthenticationType2>4</msNPAuthenticationType2>'",
      /permits other methods than EAP$/,
    ],
    [
      `Edit-Policy '${eapTls}' '<msNPAllowedEapType> 1A000000000000000000000000000000 </msNPAllowedEapType>'`,
      /other EAP types/,
    ],
    [
      `Edit-Policy '${eapTls}' '$0<msNPAllowedEapType>19000000000000000000000000000000</msNPAllowedEapType>'`,
      /other EAP types/,
    ],
    ["Edit-Policy '>1.3.6.1.4.1.311.87<' '>1.3.6.1.5.5.7.3.2<'", /does not demand the marker/],
    [
      "Edit-Policy '<msOfACertificate>' '<msOfACertificate>1.3.6.1.5.5.7.3.2</msOfACertificate>$0'",
      /takes other markers too: 1\.3\.6\.1\.5\.5\.7\.3\.2$/,
    ],
    ["Edit-Policy '<msRADIUSSessionTimeout>\\d+</msRADIUSSessionTimeout>' ''", /has no session limit/],
    ["Edit-Policy '>3600</msRADIUS' '>36000</msRADIUS'", /has no session limit/],
    [
      '(Get-Content -Raw "$folder/Settings.ps1") -replace "Sid = \'\'", "Sid = \'off\'" | Set-Content "$folder/Settings.ps1"',
      /does not require the SID/,
    ],
  ],
  rras: [
    ...storePlants,
    [
      "$global:Vpn.UserAuthProtocolAccepted = @('Certificate', 'EAP')",
      /^RRAS takes other proofs than a certificate$/,
    ],
    [
      "$global:Vpn.UserAuthProtocolAccepted = @('PreSharedKey')",
      /^RRAS takes other proofs than a certificate$/,
    ],
    [
      '$global:Vpn.RootCertificateNameToAccept = $null',
      /^RRAS does not take the root at work, root~0001, or takes any/,
    ],
    ["$global:Vpn.RootCertificateNameToAccept = 'CN=other'", /^RRAS does not take the root at work/],
    ['$global:Vpn.CertificateEKUsToAccept = $null', /^RRAS does not demand the marker/],
    [
      "$global:Vpn.CertificateEKUsToAccept = @('1.3.6.1.4.1.311.87', '1.3.6.1.5.5.7.3.2')",
      /takes others too/,
    ],
    ["$global:IPsec.DHGroup = 'Group14'", /^RRAS has another policy for IPsec \(DHGroup\)$/],
    ['$global:IPsec.CustomPolicy = $false', /^RRAS has another policy for IPsec \(\)$/],
    [`Set-Planted '${ike}' 'CertAuthFlags' 4`, /^CertAuthFlags is 4/],
    ["$global:Task.State = 'Disabled'", /^no task ends sessions/],
    ['$global:Task = $null', /^no task ends sessions/],
  ],
}

const findingsIn = (run: ScriptRun | undefined): readonly string[] =>
  [...(run?.said ?? '').matchAll(/^problem {2}(.*)\.$/gm)].map(([, finding = '']) => finding)

const kinds = ['nps', 'rras'] as const

/** A text with everything that ends, or means something in, a text of PowerShell. */
const hostile = '\'a\u2018\u2019\u201a\u201b"\u201c\u201d\u201e`$(1)\r\n\t\u2028{0}@#;|& \u{1f600}\0é'
const texts = [hostile, ...Array.from(hostile), '', "''", '$env:HOME', "'); exit 1 #", '[char]0x41']

const runs = (names: readonly string[]) => names.map((name) => `Start-Script '${name}'`).join('; ')

const rollOver = ['staged', 'tainted', 'rolled', 'last']
  .map((stage) => `Use-Bundle '${stage}'; ${runs(['Update-Trust.ps1'])}`)
  .join('; ')

/** Commands that fail in the middle, one after the other; each time the next run completes. */
const failing: Readonly<Record<WindowsKind, readonly string[]>> = {
  nps: ['certutil *Root*', 'certutil *NTAuth*', 'value Ignore*', 'netsh*', 'restart*'],
  rras: ['certutil *CA*', 'protocol', 'policy', 'task', 'restart*'],
}

/** What a person is to look at stays; the rest is mended. */
const isLeft = ([, finding]: Plant): boolean =>
  /these scripts|NoRevocationCheck is 1|not restarted|there is no network|SID/.test(finding.source)

const scripts = (kind: WindowsKind): Readonly<Record<string, string>> => ({
  set: `${runs(['Test-Server.ps1'])}; Start-Script 'Set-Server.ps1' @{ WhatIf = $true }; ${runs(['Set-Server.ps1', 'Set-Server.ps1'])}; $global:Boot = [DateTime]::UtcNow.AddMinutes(1); ${runs(['Test-Server.ps1'])}; Start-Script 'Test-Server.ps1' @{ Json = $true }`,
  plants: plants[kind].map(([plant]) => `Complete-World; ${plant}; ${runs(['Test-Server.ps1'])}`).join('; '),
  mended: `Complete-World; $isLenient = $true; ${plants[kind]
    .filter((plant) => !isLeft(plant))
    .map(([plant]) => plant)
    .join(
      '; ',
    )}; ${runs(['Set-Server.ps1'])}; $global:Boot = [DateTime]::UtcNow.AddMinutes(2); ${runs(['Test-Server.ps1'])}`,
  rollOver: `Complete-World; ${rollOver}; ${runs(['Update-Trust.ps1', 'Test-Server.ps1'])}; ${leftPlants.map(([plant]) => `${plant}; ${runs(['Test-Server.ps1', 'Update-Trust.ps1'])}`).join('; ')}`,
  back: `Complete-World; Use-Bundle 'staged'; & "$folder/Update-Trust.ps1"; Use-Bundle 'first'; & "$folder/Update-Trust.ps1"; Use-Bundle 'staged'; ${runs(['Update-Trust.ps1', 'Test-Server.ps1'])}`,
  ...Object.fromEntries(
    failing[kind].map((command) => [
      command,
      `Stop-Working '${command}'; ${runs(['Set-Server.ps1'])}; Resume-Working; ${runs(['Set-Server.ps1'])}`,
    ]),
  ),
  distrusted: `Complete-World; Add-Planted 'Disallowed' 'root~0001'; ${runs(['Update-Trust.ps1'])}`,
  'other tenant': `(Get-Content -Raw "$folder/Settings.ps1") -replace 'Tenant = .*', "Tenant = 'b'" | Set-Content "$folder/Settings.ps1"; ${runs(['Update-Trust.ps1'])}`,
})

const sessions = `$global:Sessions = @((New-Session '10.20.0.7' 'CORP\\ada' 3601), (New-Session '10.20.0.8' 'bo@contoso.example' 60), (New-Session '10.20.0.9' 'cy@contoso.example' 60), (New-Session '10.20.0.10' 'PC1' 9999 'DirectAccess'))`
const endSessions = "Start-Script 'End-Sessions.ps1' @{ Rounds = 1 }"
const guardAnswer =
  '{"ends":[{"id":"10.20.0.8","user":"bo@contoso.example","reason":"dropped","text":"x"}],"drops":{}}'

const sessionCases = [
  `${sessions}; ${endSessions}; Set-Guard '${guardAnswer}' 4; ${endSessions}; Set-Guard '{"ends":[]}' 0; ${endSessions}`,
  `${sessions}; Set-Guard 'no answer' 3; ${endSessions}; Stop-Working 'end 10.20.0.7'; Set-Guard '${guardAnswer}' 0; ${endSessions}; Resume-Working; $global:Sessions = @(); ${endSessions}`,
  `${sessions}; $global:LaterSessions = @((New-Session '10.20.0.7' 'CORP\\ada' 2), (New-Session '10.20.0.8' 'cy@contoso.example' 61)); Set-Guard '${guardAnswer}' 0; ${endSessions}; ${endSessions}`,
].map((script, index) => ({ kind: 'rras' as const, name: `sessions ${index}`, script }))

const cases = kinds.flatMap((kind) =>
  Object.entries(scripts(kind)).map(([name, script]) => ({ kind, name, script })),
)

describe.runIf(hasPowerShell)(
  'the scripts of nps and rras, by PowerShell with the commands of Windows mocked',
  () => {
    let server: Awaited<ReturnType<typeof windowsServer>>
    let told: Awaited<ReturnType<(typeof server)['run']>>

    // One process for all of them: to begin takes seconds.
    beforeAll(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'mayfly-windows-'))
      server = await windowsServer(folder)
      told = await server.run([...cases, ...sessionCases], texts.map(quote.powerShell))
      return () => rm(folder, { recursive: true, force: true })
    })

    const runsOf = (kind: WindowsKind, name: string): readonly ScriptRun[] => {
      const found = told.results[cases.findIndex((one) => one.kind === kind && one.name === name)]
      expect(found?.fault).toBeUndefined()
      return found?.runs ?? []
    }

    it('are read by its parser', () => {
      expect(told.faults).toEqual([])
    })

    it('are ASCII, and hold every text as it is', () => {
      expect(told.texts).toEqual(texts)
      for (const text of texts) expect(quote.powerShell(text)).toMatch(/^[ -~]+$/)
    })

    it.each(kinds)(
      'tell what differs, change nothing by -WhatIf, all once, and nothing twice, for %s',
      (kind) => {
        const [test, whatIf, set, again, after, json] = runsOf(kind, 'set')
        expect(findingsIn(test).length).toBeGreaterThan(5)
        expect(test).toMatchObject({ exitCode: 3, isChanged: false, called: [] })
        expect(whatIf).toMatchObject({ failed: null, isChanged: false, called: [] })
        expect(set).toMatchObject({ failed: null, isChanged: true })
        expect(set?.called.at(-1)).toBe(kind === 'nps' ? 'restart IAS' : 'restart RemoteAccess')
        expect(set?.said.includes('Restart-Computer')).toBe(kind === 'nps')
        expect(again).toMatchObject({ failed: null, isChanged: false, called: [] })
        expect(again?.said).toMatch(/^There was nothing to change\./)
        expect(after).toMatchObject({ exitCode: 0, isChanged: false })
        expect(after?.said).toMatch(/^This server is as it should be/)
        expect(JSON.parse(Buffer.from(json?.said ?? '', 'base64').toString())).toEqual({ faults: [] })
      },
    )

    const sessionRuns = (index: number) => {
      const found = told.results[cases.length + index]
      expect(found?.fault).toBeUndefined()
      return { runs: found?.runs ?? [], asked: found?.asked ?? '' }
    }

    it('end sessions of RRAS that last too long, and those that the guard names, whatever its code, and no other', () => {
      const {
        runs: [alone, guarded, none],
        asked,
      } = sessionRuns(0)
      expect(alone).toMatchObject({ failed: null, called: ['end 10.20.0.7'] })
      expect(guarded?.failed).toBeNull()
      expect(guarded?.called[0]).toMatch(
        /^mayfly agent guard --once --json --sessions .*sessions\.json --config .*mayfly\.toml$/,
      )
      expect(guarded?.called.slice(1)).toEqual(['end 10.20.0.7', 'end 10.20.0.8'])
      expect(none?.called.slice(1)).toEqual(['end 10.20.0.7'])
      const parsed = parseSessions(Buffer.from(asked), (why) => new Refusal('usage-wrong', why))
      expect(parsed.map(({ id, user }) => [id, user])).toEqual([
        ['10.20.0.7', 'CORP\\ada'],
        ['10.20.0.8', 'bo@contoso.example'],
        ['10.20.0.9', 'cy@contoso.example'],
      ])
    })

    it('end what they can where the guard or one session fails, and say so', () => {
      const {
        runs: [silent, stuck, nobody],
      } = sessionRuns(1)
      expect(silent?.called.slice(1)).toEqual(['end 10.20.0.7'])
      expect(silent?.failed).toMatch(
        /^Cannot end sessions: mayfly agent guard ended with 3 and names no sessions$/,
      )
      expect(stuck?.called.slice(1)).toEqual(['end 10.20.0.8'])
      expect(stuck?.failed).toMatch(/^Cannot end sessions: 10\.20\.0\.7: Access is denied\.$/)
      expect(nobody).toMatchObject({ failed: null, called: [] })
    })

    it('end no session of somebody else who was given the address meanwhile', () => {
      const {
        runs: [meanwhile, then],
      } = sessionRuns(2)
      expect(meanwhile).toMatchObject({
        failed: null,
        called: [expect.stringMatching(/^mayfly agent guard/)],
      })
      expect(then?.called.slice(1)).toEqual(['end 10.20.0.8'])
    })

    describe.each(kinds)('for %s', (kind) => {
      it.each(plants[kind].map((plant, index) => [...plant, index] as const))(
        'name what %s plants, and nothing else',
        (_, finding, index) => {
          const test = runsOf(kind, 'plants')[index]
          expect(findingsIn(test)).toEqual([expect.stringMatching(finding)])
          expect(test).toMatchObject({ exitCode: 3, isChanged: false, called: [] })
        },
      )

      it('mend all of it at once, but what is left to people', () => {
        const [set, test] = runsOf(kind, 'mended')
        expect(set).toMatchObject({ failed: null, isChanged: true })
        expect(test).toMatchObject({ exitCode: 0 })
        expect(plants[kind].filter(isLeft).length).toBeGreaterThan(0)
      })

      it.each(leftPlants.map((plant, index) => [...plant, index] as const))(
        'name what %s plants after a roll-over, and mend it',
        (_, finding, index) => {
          const [test, update] = runsOf(kind, 'rollOver').slice(6 + 2 * index)
          expect(findingsIn(test)).toEqual([expect.stringMatching(finding)])
          expect(update).toMatchObject({ failed: null, isChanged: true })
        },
      )

      it('follow roll-overs: add what is new, distrust what left, touch nothing of others, and do nothing twice', () => {
        const { thumbprints } = server
        const found = runsOf(kind, 'rollOver')
        expect(found[4]).toMatchObject({ failed: null, isChanged: false, called: [] })
        expect(found[5]).toMatchObject({ exitCode: 0 })
        const called = [0, 1, 2, 3].map((index) => {
          expect(found[index]).toMatchObject({ failed: null, isChanged: true })
          return (found[index]?.called ?? []).map((call) =>
            call.replace(
              /certutil (.*store) (\w+) (?:.*\/)?([0-9A-F]{40})(\.cer)?$/,
              (_all, how: string, store: string, thumbprint: string) =>
                `${how.replace(/^.*-(add|del)store/, '$1')} ${store} ${[...thumbprints].find(([, one]) => one === thumbprint)?.[0]}`,
            ),
          )
        })
        const isNps = kind === 'nps'
        const restart = isNps ? ['restart IAS'] : []
        const ntAuth = (call: string) => (isNps ? [call] : [])
        const protocol = isNps
          ? []
          : [
              `protocol Certificate ${thumbprints.get('root~0002')} 1.3.6.1.4.1.311.87`,
              'restart RemoteAccess',
            ]
        expect(called).toEqual([
          ['add CA issuer~0002', ...ntAuth('add NTAuth issuer~0002'), ...restart],
          [
            ...ntAuth('del NTAuth issuer~0001'),
            'del CA issuer~0001',
            'add Disallowed issuer~0001',
            ...restart,
          ],
          ['add CA issuer~0003', ...ntAuth('add NTAuth issuer~0003'), ...protocol, ...restart],
          [
            ...ntAuth('del NTAuth issuer~0002'),
            'del CA issuer~0002',
            'add Disallowed issuer~0002',
            'del Root root~0001',
            ...restart,
          ],
        ])
        expect(called.flat().join()).not.toContain('foreign')
      })

      it('take back into trust what they had distrusted, when the bundle has it again', () => {
        const [update, test] = runsOf(kind, 'back')
        expect(update).toMatchObject({ failed: null, isChanged: true })
        expect(test).toMatchObject({ exitCode: 0 })
      })

      it.each(failing[kind])('stop with words where %s fails, and complete it by the next run', (command) => {
        const [failed, next] = runsOf(kind, command)
        expect(failed?.failed).toMatch(
          /^Cannot .*: .*(Access is denied|0x80070005|ended with 1).* What was done before stays/s,
        )
        expect(next).toMatchObject({ failed: null, isChanged: true })
      })

      it('fail as a hook where a person has to decide, and where the bundle is of another tenant', () => {
        const [distrusted] = runsOf(kind, 'distrusted')
        expect(distrusted?.failed).toMatch(/What is left to people keeps this server from the bundle/)
        const [other] = runsOf(kind, 'other tenant')
        expect(other).toMatchObject({
          called: [],
          failed: expect.stringMatching(/is of another tenant/) as string,
        })
      })
    })
  },
)
