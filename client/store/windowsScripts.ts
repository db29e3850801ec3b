import { powerShellScript } from '../askPowerShell.ts'

/** Runs certreq.exe in the folder that is given; what it says is in the language of the user, its code is not. */
const certreq = `
function Invoke-Certreq {
  $said = & (Join-Path $env:SystemRoot 'System32\\certreq.exe') @args | Out-String
  if ($LASTEXITCODE -ne 0) { throw ('certreq {0} ended with 0x{1:x8}: {2}' -f $args[0], $LASTEXITCODE, $said) }
}
Set-Location -LiteralPath $given.folder`

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
 * `folder`, and requests to `remove` first, by `subject`, each with its key unless `isKeyInUse`.
 */
const request = powerShellScript(`${certreq}
foreach ($one in @($given.remove)) {
  Get-ChildItem -LiteralPath 'Cert:\\CurrentUser\\REQUEST' -ErrorAction SilentlyContinue |
    Where-Object { $_.Subject -eq $one.subject } |
    ForEach-Object { Remove-Item -LiteralPath ('Cert:\\CurrentUser\\REQUEST\\' + $_.Thumbprint) -DeleteKey:(-not $one.isKeyInUse) }
}
Invoke-Certreq -new -q -f request.inf request.csr
@{ made = $true }`)

/**
 * Puts certificate.cer of a folder into use, with the key of the request that waits for it: certreq moves both at once. The
 * issuers come first, for it builds the path. Given: the `folder`, `thumbprint`, `issuers` (base64 of DER), and
 * certificates to `remove` once the new one is there, by `thumbprint`, each with its key unless `isKeyInUse`. Answers
 * those that are `left` because Windows would not remove them.
 */
const accept = powerShellScript(`${certreq}
$authorities = New-Object Security.Cryptography.X509Certificates.X509Store 'CA', 'CurrentUser'
$authorities.Open('ReadWrite')
foreach ($issuer in @($given.issuers)) {
  $authorities.Add((New-Object Security.Cryptography.X509Certificates.X509Certificate2 (, [Convert]::FromBase64String($issuer))))
}
$authorities.Close()
Invoke-Certreq -accept -q -user certificate.cer
$mine = 'Cert:\\CurrentUser\\My\\'
if (-not (Get-Item -LiteralPath ($mine + $given.thumbprint)).HasPrivateKey) {
  throw 'the certificate came into the store without its key'
}
$left = @()
foreach ($one in @($given.remove)) {
  try {
    $path = $mine + $one.thumbprint
    if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -DeleteKey:(-not $one.isKeyInUse) }
  } catch { $left += $one.thumbprint }
}
@{ left = $left }`)

/** The scripts by which the store of Windows is reached. */
export const windowsScripts = { holds, request, accept } as const
