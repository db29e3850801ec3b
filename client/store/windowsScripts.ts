import { powerShellScript } from '../askPowerShell.ts'

/** Runs certreq.exe in the folder that is given; what it says is in the language of the user, its code is not. */
const certreq = `
function Invoke-Certreq {
  $said = & (Join-Path $env:SystemRoot 'System32\\certreq.exe') @args | Out-String
  if ($LASTEXITCODE -ne 0) { throw ('certreq {0} ended with 0x{1:x8}: {2}' -f $args[0], $LASTEXITCODE, $said) }
}
Set-Location -LiteralPath $given.folder`

/**
 * Removes what is at paths of the drive Cert:, and its key unless that is in use: that also by its name, for certreq that was
 * killed leaves a key alone. Tells whether nothing is left. A provider that cannot be asked has no key of ours.
 */
const removal = `
function Remove-Own($Paths, $One) {
  try {
    foreach ($path in $Paths) {
      if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -DeleteKey:(-not $One.isKeyInUse) }
    }
    if ($One.isKeyInUse -or -not $One.container) { return $true }
    $provider = [Security.Cryptography.CngProvider]$One.provider
    $isThere = try { [Security.Cryptography.CngKey]::Exists($One.container, $provider) } catch { $false }
    if ($isThere) { [Security.Cryptography.CngKey]::Open($One.container, $provider).Delete() }
    $true
  } catch { $false }
}`

/**
 * Tells whether a certificate is in the user's own store, with a key. Given: `store` (`My`, or `REQUEST` where requests wait
 * for their certificates), and `property` (`Thumbprint` or `Subject`) with its `value`.
 */
const holds = powerShellScript(`
$found = Get-ChildItem -LiteralPath ('Cert:\\CurrentUser\\' + $given.store) -ErrorAction SilentlyContinue |
  Where-Object { $_.($given.property) -eq $given.value -and $_.HasPrivateKey }
@{ holds = @($found).Count -gt 0 }`)

/**
 * Makes a request of request.inf in a folder, request.csr, and a key that only this user of this machine can use. Given: the
 * `folder`, and requests to `remove` first, by `subject`, each with its key (`provider`, `container`) unless `isKeyInUse`.
 * Answers those that are `left` because Windows would not remove them.
 */
const request = powerShellScript(`${certreq}${removal}
$left = @()
foreach ($one in @($given.remove)) {
  $paths = Get-ChildItem -LiteralPath 'Cert:\\CurrentUser\\REQUEST' -ErrorAction SilentlyContinue |
    Where-Object { $_.Subject -eq $one.subject } |
    ForEach-Object { 'Cert:\\CurrentUser\\REQUEST\\' + $_.Thumbprint }
  if (-not (Remove-Own $paths $one)) { $left += $one.subject }
}
Invoke-Certreq -new -q -f request.inf request.csr
@{ left = $left }`)

/**
 * Puts certificate.cer of a folder into use, with the key of the request that waits for it, unless it is: certreq moves both at
 * once. The issuers come first, for it builds the path. Given: the `folder`, `thumbprint`, `issuers` (base64 of DER), and
 * certificates to `remove` once the new one is there, by `thumbprint`, each with its key (`provider`, `container`) unless
 * `isKeyInUse`. Answers those that are `left` because Windows would not remove them.
 */
const accept = powerShellScript(`${certreq}${removal}
$authorities = New-Object Security.Cryptography.X509Certificates.X509Store 'CA', 'CurrentUser'
$authorities.Open('ReadWrite')
foreach ($issuer in @($given.issuers)) {
  $authorities.Add((New-Object Security.Cryptography.X509Certificates.X509Certificate2 (, [Convert]::FromBase64String($issuer))))
}
$authorities.Close()
$mine = 'Cert:\\CurrentUser\\My\\'
$own = $mine + $given.thumbprint
if (-not (Get-Item -LiteralPath $own -ErrorAction SilentlyContinue).HasPrivateKey) {
  Invoke-Certreq -accept -q -user certificate.cer
}
if (-not (Get-Item -LiteralPath $own).HasPrivateKey) {
  throw 'the certificate came into the store without its key'
}
$left = @()
foreach ($one in @($given.remove)) {
  if (-not (Remove-Own ($mine + $one.thumbprint) $one)) { $left += $one.thumbprint }
}
@{ left = $left }`)

/** The scripts by which the store of Windows is reached. */
export const windowsScripts = { holds, request, accept } as const
