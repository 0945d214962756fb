/**
 * Setup for Windows, in PowerShell 5.1 and later: the same rules as `posix-script.ts`. What Windows PowerShell does that others do not, and why it is
 * written as it is: it stops at what a program says on its error stream when that is redirected; it reads the output of programs and scripts
 * without a mark in the encoding of the console, so that no path with an umlaut may come from one, and the undo begins with a mark; and without
 * `-LiteralPath` it takes brackets in a path for a pattern. Settings are read and written as bytes (Latin-1), whatever encoding they are in.
 */
import { rProfileBlock } from './r-profile.ts'
import type { SetupPlace, SetupTool } from './setup-tool.ts'

interface ToolScript {
  /** Sets $file (what is changed) and, for a project, $base (where the undo goes). */
  find: string
  /** Changes $file. */
  change: string
  /** Takes only our lines out of $file. The tool may be gone by then. */
  takeOut: string
  done: string
}

const TOOLS: Readonly<Record<SetupTool, ToolScript>> = {
  pip: {
    // Not by pip itself: the Python of the Microsoft Store writes into a folder of its own that nothing else sees, and reads from this one.
    find: `
  $file = "$env:APPDATA\\pip\\pip.ini"
  if ($env:VIRTUAL_ENV -and (Test-Path -LiteralPath "$env:VIRTUAL_ENV\\Scripts\\python.exe")) {
    $file = "$env:VIRTUAL_ENV\\pip.ini"
    $base = "$env:VIRTUAL_ENV\\.joinery"
  }`,
    change: `
  $text = if (Test-Path -LiteralPath $file) { [IO.File]::ReadAllText($file, $bytes) } else { '' }
  $lines = New-Object Collections.Generic.List[string]
  $hosts = @()
  $section = ''
  $key = ''
  $at = -1
  foreach ($line in ($text -split "\\r?\\n")) {
    if ($line -match '^\\[([^\\]]*)\\]') { $section = $Matches[1]; $key = '' }
    elseif ($section -ceq 'global' -and $line -match '^(index[-_]url|trusted[-_]host)\\s*[=:](.*)$') {
      $key = $Matches[1]
      if ($key -like 'trusted*') { $hosts += -split $Matches[2] }
      continue
    } elseif ($key -and $line -match '^\\s+\\S') {
      if ($key -like 'trusted*') { $hosts += -split $line }
      continue
    } else { $key = '' }
    $lines.Add($line)
    if ($section -ceq 'global' -and $at -lt 0) { $at = $lines.Count }
  }
  while ($lines.Count -gt 0 -and -not $lines[$lines.Count - 1]) { $lines.RemoveAt($lines.Count - 1) }
  if ($at -lt 0) { $lines.Add('[global]'); $at = $lines.Count }
  $hosts = @($hosts | Where-Object { $_ -and $_ -ne $hostName }) + $hostName
  $lines.Insert($at, "trusted-host = $hosts")
  $lines.Insert($at, "index-url = $address/pypi/simple/")
  [IO.File]::WriteAllText($file, ($lines -join "\`r\`n") + "\`r\`n", $bytes)`,
    takeOut: `
    $text = [IO.File]::ReadAllText($file, $bytes)
    $ours = [regex]::Escape($hostName)
    $text = $text -replace "(?m)^index-url *= *$([regex]::Escape($address))/[^\\n]*\\n", ''
    $text = $text -replace "(?m)^(trusted-host *=[^\\r\\n]*) $ours(?=\\r?$)", '$1'
    $text = $text -replace "(?m)^trusted-host *= *$ours\\r?\\n", ''
    [IO.File]::WriteAllText($file, $text, $bytes)`,
    done: 'pip installs from the room now: pip install NAME'
  },
  r: {
    find: `
  $place = if ($env:R_USER) { $env:R_USER } elseif ($env:HOME) { $env:HOME } else { [Environment]::GetFolderPath('MyDocuments') }
  $file = if ($env:R_PROFILE_USER) { $env:R_PROFILE_USER } else { "$place\\.Rprofile" }
  if ((Test-Path .Rprofile) -or (Get-ChildItem -Filter *.Rproj)) {
    $file = "$PWD\\.Rprofile"
    if ("$PWD" -ne $HOME) { $base = "$PWD\\.joinery" }
  }`,
    change: `
  $text = if (Test-Path -LiteralPath $file) { [IO.File]::ReadAllText($file, $bytes) } else { '' }
  if ($text -and -not $text.EndsWith("\`n")) { $text += "\`n" }
  $block = @"
${rProfileBlock('$address')}
"@
  [IO.File]::WriteAllText($file, $text + $block, $bytes)`,
    takeOut: `
    $text = [IO.File]::ReadAllText($file, $bytes)
    [IO.File]::WriteAllText($file, ($text -replace '(?ms)^# >>> joinery >>>.*?^# <<< joinery <<<\\r?(?:\\n|\\z)', ''), $bytes)`,
    done: 'R installs from the room now, from its next start on: install.packages("NAME")'
  },
  git: {
    // Where the repository begins is asked for as ../..: a whole path would come in another encoding than the console's.
    find: `
  if (-not (Get-Command git -ErrorAction SilentlyContinue)) { throw "git was not found. Install it first: $address/installers/" }
  $file = if ($env:GIT_CONFIG_GLOBAL) { $env:GIT_CONFIG_GLOBAL } elseif ($env:HOME) { "$env:HOME\\.gitconfig" } else { "$HOME\\.gitconfig" }
  $up = & { $ErrorActionPreference = 'Continue'; git rev-parse --show-cdup 2>$null }
  if ($LASTEXITCODE -eq 0) {
    $inside = Join-Path ([IO.Path]::GetFullPath("$PWD\\$up")) '.git'
    if (Test-Path -LiteralPath $inside -PathType Container) {
      $file = "$inside\\config"
      $base = "$inside\\joinery"
    }
  }`,
    change: `
  foreach ($place in 'https://github.com/', 'git@github.com:') {
    git config --file $file --add "url.$address/.insteadOf" $place
    if ($LASTEXITCODE -ne 0) { throw 'git did not change its settings' }
  }`,
    takeOut: `
    & { $ErrorActionPreference = 'Continue'; git config --file $file --remove-section "url.$address/" 2>$null }`,
    done: 'git uses the room in place of github.com now'
  }
}

export function powershellSetup(tool: SetupTool, { origin, host }: SetupPlace): string {
  const { find, change, takeOut, done } = TOOLS[tool]
  return `# Points ${tool} at this room. Undo: run it with --undo, or without the room the file undo-${tool}.ps1 in $HOME\\.joinery
& {
  $ErrorActionPreference = 'Stop'
  $address = '${origin}'
  $hostName = '${host}'
  $bytes = [Text.Encoding]::GetEncoding(28591)
  $base = "$HOME\\.joinery"
${find.slice(1)}
  $state = "$base\\setup-${tool}"
  $undo = "$base\\undo-${tool}.ps1"
  $undoNow = { & ([scriptblock]::Create([IO.File]::ReadAllText($undo))) }
  if ($args -contains '--undo') {
    if (Test-Path -LiteralPath $undo) { & $undoNow } else { 'There is nothing to undo.' }
    return
  }
  if (Test-Path -LiteralPath "$state\\file") {
    $same = (Test-Path -LiteralPath $file) -and (Test-Path -LiteralPath "$state\\after") -and ((Get-FileHash -LiteralPath $file).Hash -eq (Get-FileHash -LiteralPath "$state\\after").Hash)
    if ($same -and [IO.File]::ReadAllText("$state\\address") -eq $address) { 'Already set up; nothing was changed.'; return }
    & $undoNow | Out-Null
  }
  if (Test-Path -LiteralPath $state) { Remove-Item -LiteralPath $state -Recurse -Force }
  [IO.Directory]::CreateDirectory($state) | Out-Null
  # Folders that are new go again with the undo.
  $new = @()
  for ($folder = [IO.Path]::GetDirectoryName($file); $folder -and -not (Test-Path -LiteralPath $folder); $folder = [IO.Path]::GetDirectoryName($folder)) { $new += $folder }
  [IO.File]::WriteAllLines("$state\\folders", [string[]]$new)
  [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($file)) | Out-Null
  if (Test-Path -LiteralPath $file) { Copy-Item -LiteralPath $file -Destination "$state\\before" }
  [IO.File]::WriteAllText("$state\\address", $address)
  $head = ''
  foreach ($name in 'file', 'state', 'undo', 'address', 'hostName') {
    $head += '$' + $name + " = '" + (Get-Variable $name -ValueOnly).Replace("'", "''") + "'\`n"
  }
  $body = @'
$ErrorActionPreference = 'Stop'
$bytes = [Text.Encoding]::GetEncoding(28591)
if (-not (Test-Path -LiteralPath "$state\\file")) { 'There is nothing to undo.' }
else {
  if ((Test-Path -LiteralPath $file) -and (Test-Path -LiteralPath "$state\\after") -and ((Get-FileHash -LiteralPath $file).Hash -ne (Get-FileHash -LiteralPath "$state\\after").Hash)) {
${takeOut.slice(1)}
    "Somebody changed $file since: only the room's lines were taken out."
  } elseif (Test-Path -LiteralPath "$state\\before") {
    Copy-Item -LiteralPath "$state\\before" -Destination $file -Force
    "$file is as it was."
  } else {
    if (Test-Path -LiteralPath $file) { Remove-Item -LiteralPath $file -Force }
    "$file is gone again, as it was."
  }
  $folders = @([IO.File]::ReadAllLines("$state\\folders")) + [IO.Path]::GetDirectoryName($state)
  Remove-Item -LiteralPath $state -Recurse -Force
  Remove-Item -LiteralPath $undo -Force
  foreach ($folder in $folders) {
    if ((Test-Path -LiteralPath $folder) -and -not (Get-ChildItem -LiteralPath $folder -Force)) { [IO.Directory]::Delete($folder) }
  }
}
'@
  [IO.File]::WriteAllText($undo, $head + $body, [Text.Encoding]::UTF8)
  [IO.File]::WriteAllText("$state\\file", $file)
${change.slice(1)}
  Copy-Item -LiteralPath $file -Destination "$state\\after"
  '${done}'
  "Before you leave: powershell -ExecutionPolicy Bypass -File \`"$undo\`""
} @args
`
}
