# Stands in for what the scripts use of Windows: the drive Cert:, certreq as far as its manual tells what it does, the store of
# intermediate authorities, and the storage of keys. All of it is files: a certificate or request names its key.

# Keeps what a machine would find that ended here.
function Step {
  if (-not $env:SNAPSHOTS) { return }
  & /bin/cp -a $env:SNAPSHOT_OF "$env:SNAPSHOTS/$([IO.Directory]::GetDirectories($env:SNAPSHOTS).Count)"
}
function Write-Whole([string]$File, [string]$Text) {
  $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($File))
  [IO.File]::WriteAllText($File, $Text)
  Step
}
function Remove-Whole([string]$File) {
  if (-not [IO.File]::Exists($File)) { return }
  if ([IO.File]::Exists("$env:SystemRoot/stuck")) { throw 'Access is denied.' }
  [IO.File]::Delete($File)
  Step
}
function Get-Mark([string]$Name) { [IO.File]::Exists("$env:SystemRoot/$Name") }
function Get-KeyFile([string]$Container) { "$env:SystemRoot/keys/$Container" }
function Get-Store([string]$Name) {
  $folder = "$env:STORES/$Name/Certificates"
  if ([IO.Directory]::Exists($folder)) { [IO.Directory]::GetFiles($folder) }
}

class StandInCngProvider {
  [string]$Name
  StandInCngProvider([string]$name) { $this.Name = $name }
}
class StandInCngKey {
  [string]$File
  static [bool] Exists([string]$name, [StandInCngProvider]$provider) {
    if ($provider.Name -eq 'Microsoft Platform Crypto Provider' -and -not (Get-Mark 'tpm')) { throw 'The device is not ready.' }
    $path = Get-KeyFile $name
    return [IO.File]::Exists($path) -and [IO.File]::ReadAllText($path).StartsWith($provider.Name)
  }
  static [StandInCngKey] Open([string]$name, [StandInCngProvider]$provider) {
    if (-not [StandInCngKey]::Exists($name, $provider)) { throw 'Keyset does not exist' }
    return [StandInCngKey]@{ File = Get-KeyFile $name }
  }
  [void] Delete() { Remove-Whole $this.File }
}

function New-Object([string]$TypeName, [object[]]$ArgumentList) {
  if ($TypeName -notlike '*X509Store') { return Microsoft.PowerShell.Utility\New-Object $TypeName -ArgumentList $ArgumentList }
  if ("$ArgumentList" -ne 'CA CurrentUser') { throw "Access to the store $ArgumentList is denied." }
  $store = [pscustomobject]@{}
  $store | Add-Member ScriptMethod Open { }
  $store | Add-Member ScriptMethod Close { }
  $store | Add-Member ScriptMethod Add { param($certificate) Write-Whole "$env:STORES/CA/Certificates/$($certificate.Thumbprint)" '' }
  $store
}

function Find-Certificate([string]$Path) {
  if ($Path -notmatch '^Cert:\\CurrentUser\\(My|REQUEST)(?:\\([0-9A-F]{40}))?$') { throw "No such path: $Path" }
  $thumbprint = $Matches[2]
  foreach ($file in Get-Store $(if ($Matches[1] -eq 'My') { 'My' } else { 'Request' })) {
    $name = [IO.Path]::GetFileName($file)
    if ($thumbprint -and $thumbprint -ne $name) { continue }
    $entry = ConvertFrom-Json ([IO.File]::ReadAllText($file))
    $key = Get-KeyFile $entry.container
    [pscustomobject]@{
      Thumbprint = $name; Subject = $entry.subject; HasPrivateKey = [IO.File]::Exists($key); File = $file; Key = $key
    }
  }
}
function Get-ChildItem { [CmdletBinding()] param([string]$LiteralPath) Find-Certificate $LiteralPath }
function Test-Path { [CmdletBinding()] param([string]$LiteralPath) @(Find-Certificate $LiteralPath).Count -gt 0 }
function Get-Item {
  [CmdletBinding()] param([string]$LiteralPath)
  $found = @(Find-Certificate $LiteralPath)
  if ($found.Count -eq 1) { $found[0] } else { Write-Error "Cannot find $LiteralPath" }
}
function Remove-Item {
  [CmdletBinding()] param([string]$LiteralPath, [switch]$DeleteKey)
  $one = Get-Item -LiteralPath $LiteralPath
  Remove-Whole $one.File
  if ($DeleteKey) { Remove-Whole $one.Key }
}

function Get-Hash($Spki) { [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($Spki)) }
function Write-Entry([string]$File, $Entry) { Write-Whole $File (ConvertTo-Json -Compress $Entry) }

# Answers the code of what is wrong.
function New-Request([string]$Inf, [string]$File) {
  $text = [IO.File]::ReadAllText($Inf)
  [IO.File]::AppendAllText("$env:SystemRoot/infs", $text)
  $value = @{}
  foreach ($match in [regex]::Matches($text, "(?m)^(\w+)=`"?([^`"\r\n]*)`"?\r$")) { $value[$match.Groups[1].Value] = $match.Groups[2].Value }
  if ($value.Signature -ne '$Windows NT$' -or -not $value.KeyContainer) { return '0x80070057' }
  if ($value.ProviderName -eq 'Microsoft Platform Crypto Provider' -and -not (Get-Mark 'tpm')) { return '0x80090030' }
  $path = Get-KeyFile $value.KeyContainer
  $isEc = $value.KeyAlgorithm -ne 'RSA'
  if ($value.UseExistingKeySet -eq 'TRUE') {
    if ($value.Exportable -or -not [IO.File]::Exists($path)) { return '0x80090016' }
    $key = [Security.Cryptography.ECDsa]::Create()
    $key.ImportFromPem([IO.File]::ReadAllText($path))
  } else {
    if ($value.Exportable -ne 'FALSE' -or [IO.File]::Exists($path)) { return '0x8009000f' }
    $key = if ($isEc) {
      $curve = if ($value.KeyAlgorithm -eq 'ECDSA_P384') { 'nistP384' } else { 'nistP256' }
      [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve]::CreateFromFriendlyName($curve))
    } else { [Security.Cryptography.RSA]::Create([int]$value.KeyLength) }
    Write-Whole $path ($value.ProviderName + "`n" + $key.ExportPkcs8PrivateKeyPem())
  }
  $hash = [Security.Cryptography.HashAlgorithmName]::new($value.HashAlgorithm)
  $name = 'Security.Cryptography.X509Certificates.CertificateRequest' -as [type]
  $request = if ($isEc) { $name::new($value.Subject, $key, $hash) } else {
    $name::new($value.Subject, $key, $hash, [Security.Cryptography.RSASignaturePadding]::Pkcs1)
  }
  $entry = @{ subject = $value.Subject; container = $value.KeyContainer; key = Get-Hash $key.ExportSubjectPublicKeyInfo() }
  Write-Entry "$env:STORES/Request/Certificates/$([Convert]::ToHexString([Security.Cryptography.RandomNumberGenerator]::GetBytes(20)))" $entry
  $der = [Convert]::ToBase64String($request.CreateSigningRequest(), 'InsertLineBreaks')
  [IO.File]::WriteAllText($File, "-----BEGIN NEW CERTIFICATE REQUEST-----`r`n$der`r`n-----END NEW CERTIFICATE REQUEST-----`r`n")
  Step
}

# Answers the code of what is wrong. Moves a certificate to the user's own store once it fits a request that waits.
function Submit-Certificate([string]$File) {
  $certificate = [Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPem([IO.File]::ReadAllText($File))
  if (-not (Get-Store 'CA')) { return '0x800b010a (-2146762486 CERT_E_CHAINING)' }
  if (-not (Get-Mark 'trusted')) { return '0x800b0109 (-2146762487 CERT_E_UNTRUSTEDROOT)' }
  $hash = Get-Hash $certificate.PublicKey.ExportSubjectPublicKeyInfo()
  foreach ($waiting in Get-Store 'Request') {
    $entry = ConvertFrom-Json ([IO.File]::ReadAllText($waiting))
    if ($entry.key -ne $hash) { continue }
    Write-Entry "$env:STORES/My/Certificates/$($certificate.Thumbprint)" @{ subject = $certificate.Subject; container = $entry.container; key = $hash }
    [IO.File]::Delete($waiting)
    Step
    return
  }
  '0x80092004 (-2146885628 CRYPT_E_NOT_FOUND)'
}

function Invoke-StandInCertreq {
  [IO.File]::AppendAllText("$env:SystemRoot/called", "certreq $args`n")
  $at = { param($name) [IO.Path]::Combine($PWD.ProviderPath, $name) }
  $wrong = switch ("$($args[0..2])") {
    '-new -q -f' { New-Request (& $at $args[3]) (& $at $args[4]) }
    '-accept -q -user' { Submit-Certificate (& $at $args[3]) }
    default { '0x80070057' }
  }
  $global:LASTEXITCODE = [int][bool]$wrong
  if ($wrong) { "Certificate Request Processor: something is wrong. $wrong" }
}
Set-Alias -Name (Join-Path $env:SystemRoot 'System32\certreq.exe') -Value Invoke-StandInCertreq
